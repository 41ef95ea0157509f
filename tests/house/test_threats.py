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
def numbered_tests() -> dict[int, dict[str, frozenset[str]]]:
    """Returns, by row, each test that bears its number, with the texts it holds things against."""
    found: dict[int, dict[str, frozenset[str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = path.read_text("utf-8")
        if not re.search(r"def test_\d+_", source):
            continue
        known = _by_name(ast.parse(source))
        for name in known:
            match = re.match(r"test_(\d+)_", name)
            if match:
                where = f"{path.relative_to(ROOT).as_posix()}::{name}"
                found.setdefault(int(match[1]), {})[where] = frozenset(_texts(name, known))
    return found


def _by_name(module: ast.Module) -> dict[str, ast.stmt]:
    """Returns the functions, classes and constants of a module."""
    found: dict[str, ast.stmt] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


def _texts(name: str, known: dict[str, ast.stmt]) -> set[str]:
    """Returns the texts in a test and in whatever of its module it uses, without its sentences.

    One of several codes in a set, of which any will do, is held against nothing.
    """
    texts, reached, pending = set[str](), {name}, [known[name]]
    while pending:
        nodes = list(ast.walk(pending.pop()))
        left_out = {id(text) for node in nodes for text in _of_no_weight(node)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts |= {node.value} if id(node) not in left_out else set()
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        used |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        new = (used & known.keys()) - reached
        reached |= new
        pending += [known[each] for each in new]
    return texts


def _of_no_weight(node: ast.AST) -> list[ast.expr]:
    """Returns what stands below a node and asserts nothing: its docstring, sets of many codes."""
    if isinstance(node, ast.Expr):
        return [node.value]
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.LtE | ast.GtE):
        sets = [each for each in (node.left, *node.comparators) if isinstance(each, ast.Set)]
        return [text for each in sets if len(each.elts) > 1 for text in each.elts]
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Set):
        return node.value.elts
    return []


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
    asserted = " ".join(text for texts in numbered_tests()[row].values() for text in texts)
    said = set(CODE.findall(asserted))
    missing = [code for code in CODE.findall(remark) if code not in said]
    assert not missing, f"no test of row {row} holds anything against {missing}"


@pytest.mark.parametrize(
    "body",
    [
        '"""It is E-HASH."""',
        "assert code in {'E-HASH', 'E-SIG'}",
        "# E-HASH",
        "assert code in ANY",
        "helper('E-SIG')",
    ],
)
def test_a_code_that_is_only_spoken_of_is_not_asserted(body: str) -> None:
    module = f"ANY = {{'E-HASH', 'E-SIG'}}\nOTHER = 'E-HASH'\ndef test_1_a():\n    {body}\n    pass"
    assert "E-HASH" not in _texts("test_1_a", _by_name(ast.parse(module)))


@pytest.mark.parametrize(
    "body",
    ["assert code == 'E-HASH'", "assert codes == {'E-HASH', 'E-SIG'}", "assert code == EXACT",
     "helper()"],
)  # fmt: skip
def test_a_code_counts_wherever_in_the_module_the_test_finds_it(body: str) -> None:
    module = "EXACT = 'E-HASH'\ndef helper():\n    assert code == EXACT\n"
    module += f"def test_1_a():\n    {body}"
    assert "E-HASH" in _texts("test_1_a", _by_name(ast.parse(module)))


def test_no_test_bears_the_number_of_a_row_that_does_not_exist() -> None:
    assert set(numbered_tests()) <= set(page())


def test_tests_of_a_row_have_names_of_their_own() -> None:
    names = [Path(where).name for tests in numbered_tests().values() for where in tests]
    assert len(names) == len(set(names))
