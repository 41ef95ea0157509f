# SPDX-License-Identifier: Apache-2.0
"""The table of threats and the tests are one: each row has tests named after it, with its code.

A test of a row is called ``test_<row>_<what is tried>``, wherever it lies. The page names one of
them; this looks at all.
"""

import ast
import functools
import re
from pathlib import Path

import pytest

from support.checkout import DOCS, ROOT

TRUST_AND_EXCHANGE = (*range(1, 30), *range(39, 54))
"""The rows that are about what passes between two workstations, or about who may decide."""
CODE = re.compile(r"[EW]-[A-Z]+(?:-[A-Z]+)?")


@functools.cache
def numbered_tests() -> dict[int, dict[str, str]]:
    """Returns, by row, each test that bears its number, with its source and its module's."""
    found: dict[int, dict[str, str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = path.read_text("utf-8")
        if not re.search(r"def test_\d+_", source):
            continue
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.FunctionDef):
                continue
            match = re.match(r"test_(\d+)_", node.name)
            if match:
                where = f"{path.relative_to(ROOT).as_posix()}::{node.name}"
                found.setdefault(int(match[1]), {})[where] = source
    return found


@functools.cache
def page() -> dict[int, tuple[str, str, str, str]]:
    """Returns, by row: the attempt, how far it is held, the remark, the test that is named."""
    rows = {}
    for line in (DOCS / "threat-model.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0].isdecimal():
            rows[int(cells[0])] = (cells[1], cells[2], cells[3], cells[4].strip("`"))
    return rows


@pytest.mark.parametrize("row", TRUST_AND_EXCHANGE)
def test_a_threat_to_trust_or_exchange_has_tests_that_bear_its_number(row: int) -> None:
    _, state, _, named = page()[row]
    if state == "promised":
        assert row not in numbered_tests(), f"row {row} has tests and says it is only promised"
        return
    assert named in numbered_tests().get(row, {}), f"row {row} names {named}"


@pytest.mark.parametrize("row", [*page()])
def test_the_codes_a_row_promises_are_asserted_where_its_tests_are(row: int) -> None:
    _, state, remark, _ = page()[row]
    if state == "promised":
        return
    sources = "".join(set(numbered_tests()[row].values()))
    for code in CODE.findall(remark):
        assert code in sources, f"no test of row {row} speaks of {code}"


def test_no_test_bears_the_number_of_a_row_that_does_not_exist() -> None:
    assert set(numbered_tests()) <= set(page())


def test_tests_of_a_row_have_names_of_their_own() -> None:
    names = [Path(where).name for tests in numbered_tests().values() for where in tests]
    assert len(names) == len(set(names))
