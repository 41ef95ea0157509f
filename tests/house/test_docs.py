# SPDX-License-Identifier: Apache-2.0
"""The docs say what is there: words, codes, coverage, links, commands."""

import ast
import re
import shlex
import subprocess
import sys

import click
import pytest

from strongroom.domain.event import BODIES
from support.checkout import APP, DOCS, ROOT, modules, shown, text
from support.command_reference import tree

CODE = re.compile(r"[EW]-[A-Z]+(?:-[A-Z]+)*")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FEATURES = {"T": 12, "A": 3, "P": 7, "R": 8, "G": 7, "X": 7, "C": 6, "O": 8, "D": 7}
STATES = {"none", "thin", "whole"}
THREATS = range(1, 54)
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_the_glossary_covers_every_value_of_the_domain():
    named = set(re.findall(r"`(\w+)`", text(DOCS / "glossary.md")))
    missing = []
    for path in modules(APP / "domain"):
        for node in ast.parse(text(path)).body:
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            is_value = any("dataclass" in ast.unparse(item) for item in node.decorator_list)
            if is_value and node.name not in named:
                missing.append(f"{shown(path)} {node.name}")
    assert not missing, "add them to docs/glossary.md"


def _raised_codes() -> set[str]:
    codes = set()
    for path in modules(APP):
        for node in ast.walk(ast.parse(text(path))):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and CODE.fullmatch(node.value):
                codes.add(node.value)
    return codes


def test_every_error_code_is_documented_and_none_is_made_up():
    page = text(DOCS / "reference" / "errors.md")
    documented = set(re.findall(rf"^\| `({CODE.pattern})` \|", page, re.MULTILINE))
    reserved = set(CODE.findall(page.partition("## Reserved")[2]))
    raised = _raised_codes()
    assert raised <= documented, "describe them in docs/reference/errors.md"
    assert not raised & reserved, "they are raised now: take them off the reserved list"
    assert documented <= raised | reserved, "nothing raises them: put them on the reserved list"


def _coverage() -> dict[str, list[str]]:
    rows = [_cells(line) for line in text(DOCS / "coverage.md").splitlines()]
    return {row[0]: row for row in rows if re.fullmatch(r"[A-Z]\d+", row[0])}


def test_every_feature_has_a_row():
    expected = {f"{area}{n}" for area, last in FEATURES.items() for n in range(1, last + 1)}
    assert set(_coverage()) == expected | {"R0"}


def test_a_feature_that_is_said_to_work_names_its_test():
    for name, row in _coverage().items():
        _, _, state, test, picture = row
        assert state in STATES, name
        if state != "none":
            assert test, f"{name} is {state} and names no test"
        for path in re.findall(r"`([^`]+)`", f"{test} {picture}"):
            assert (ROOT / path.partition("::")[0]).exists(), f"{name} names {path}"


def test_every_threat_has_a_row_that_names_a_test_that_exists_or_says_it_is_only_promised():
    rows = [_cells(line) for line in text(DOCS / "threat-model.md").splitlines()]
    threats = [row for row in rows if row[0].isdecimal()]
    assert [int(row[0]) for row in threats] == list(THREATS)
    for number, _, state, remark, test in threats:
        assert state in {"held", "partly", "promised"}, number
        assert remark or state == "held", f"row {number} says nothing of what is missing"
        assert bool(test) == (state != "promised"), f"row {number} is {state}"
        path, _, name = test.strip("`").partition("::")
        assert not test or f"def {name}(" in text(ROOT / path), f"row {number} names {test}"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page):
    for link in (a or b for a, b in LINK.findall(text(page))):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        target, _, anchor = link.partition("#")
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{link} leads nowhere"
        if anchor and found.suffix == ".md":
            assert anchor in _anchors(text(found)), f"{link} names no heading"


def _anchors(page: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_can_be_reached_from_the_index():
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        links = [(page.parent / a.partition("#")[0]).resolve() for a, _ in LINK.findall(text(page))]
        waiting += [link for link in links if link.suffix == ".md" and DOCS in link.parents]
    assert not [shown(page) for page in PAGES if DOCS in page.parents and page not in reached]


def test_the_two_commands_of_the_readme_exist():
    readme = text(ROOT / "README.md")
    script = [sys.executable, str(ROOT / "packaging" / "run.py"), "--help"]
    told = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    for command in ("python3 packaging/run.py", "python3 packaging/run.py test"):
        assert re.search(rf"^{re.escape(command)}\b", readme, re.MULTILINE)
        assert command in told


def test_the_map_names_modules_that_exist():
    page = text(DOCS / "architecture.md")
    map_ = page.partition("### What is decided where")[2].partition("\n## ")[0]
    there = {path.stem for path in modules(APP)} | {path.parent.name for path in modules(APP)}
    assert map_
    assert set(re.findall(r"`([a-z_]+)`", map_)) <= there


MAPPED = ("domain", "disk", "journal", "trust", "store", "exchange", "services")
TABLE = re.compile(r"^\| (`[^|]+) \| question \|\n\|---\|---\|\n((?:\|.*\n)+)", re.MULTILINE)


@pytest.mark.parametrize("room", MAPPED)
def test_the_map_has_a_place_for_every_module_of_a_room(room):
    rows = [
        row
        for head, body in TABLE.findall(text(DOCS / "architecture.md"))
        if f"`{room}`" in head
        for row in body.splitlines()
    ]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    there = {path.stem for path in (APP / room).glob("*.py")} - {"__init__"}
    assert sorted(there - named) == [], "give them a place in docs/architecture.md"


def test_the_format_says_truly_which_events_no_command_makes():
    page = text(DOCS / "reference" / "format.md")
    sentence = page.partition("no command of this version makes them: ")[2].partition("\n")[0]
    sources = [text(path) for path in modules(APP / "services")]
    made = {type_ for type_ in BODIES if any(f'"{type_}"' in source for source in sources)}
    made |= {"stage.approve", "stage.reject", "stage.changes", "writer.rotate"}  # by constants
    assert set(re.findall(r"`([a-z.]+)`", sentence)) == BODIES.keys() - made


def _printed_commands(page: str) -> list[str]:
    """Lines of shell examples, and commands within sentences."""
    blocks = "\n".join(re.findall(r"^ *```sh\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL))
    found = re.findall(r"^ *(strongroom .+)$", blocks, re.MULTILINE)
    return found + re.findall(r"`(strongroom (?!ARGS)[^`\n]+)`", page)


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_printed_command_and_option_exists(page):
    for line in _printed_commands(text(page)):
        words = shlex.split(line, comments=True)[1:]
        command: click.Command = tree()
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, line
            command = found
        options = {option for each in command.params for option in each.opts}
        unknown = {word for word in words if word.startswith("-")} - options - {"--help"}
        assert not unknown, f"{line} has {unknown}"


def test_every_decision_says_what_else_was_possible():
    pages = sorted((DOCS / "adr").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == sorted(set(numbers)), "two decisions share a number"
    for page in pages:
        headings = re.findall(r"^## (.+)$", text(page), re.MULTILINE)
        assert headings == ["Context", "Options", "Decision", "Consequences"], shown(page)
        assert text(page).startswith(f"# {int(page.name[:4])}. "), shown(page)


def test_continuous_integration_runs_the_same_command_as_people():
    script = ROOT / ".ci" / "run"
    assert "python3 packaging/run.py test" in text(script)
    assert script.stat().st_mode & 0o111


def test_the_changelog_has_a_place_for_what_comes_next():
    assert "## [Unreleased]" in text(DOCS / "changelog.md")
