# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that no tool knows: headers, docs, sizes, names."""

import ast
import functools
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.checkout import APP, ROOT, modules, shown, text
from support.long_files import LONG

LICENCE_LINE = "# SPDX-License-Identifier: Apache-2.0"
MAX_LINES = 500
MEDIAN_LINES = range(40, 151)
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "managers", "manager", "misc"}
OF_ONE_MACHINE = re.compile(r"(?<![\w.$}])/(?:work|root|tmp|home)/\w|[A-Z]:\\\\Users")

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@pytest.mark.parametrize("folder", ["app", "packaging"])
def test_every_module_begins_with_its_licence(folder):
    where = [p for p in modules(ROOT / folder) if not text(p).startswith(("#!", LICENCE_LINE))]
    where += [p for p in modules(ROOT / folder) if LICENCE_LINE not in text(p)[:200]]
    assert not [shown(path) for path in where]


def test_every_public_name_is_documented():
    missing = []
    for path in modules(APP):
        tree = ast.parse(text(path))
        if ast.get_docstring(tree) is None:
            missing.append(shown(path))
        missing += [
            f"{shown(path)}:{node.lineno} {node.name}"
            for node in _public(tree)
            if ast.get_docstring(node) is None
        ]
    assert not missing


def test_no_module_is_long_and_the_usual_one_is_short():
    lengths = {shown(path): text(path).count("\n") for path in modules(APP)}
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_LINES}
    assert statistics.median_low(lengths.values()) in MEDIAN_LINES


@pytest.mark.parametrize("folder", ["app", "tests", "packaging"])
def test_modules_are_named_after_their_idea(folder):
    everything = [*(ROOT / folder).rglob("*.py"), *(p for p in (ROOT / folder).rglob("*/"))]
    assert not [shown(path) for path in everything if path.stem in FORBIDDEN_NAMES]


def test_no_package_shadows_a_package_of_others():
    for name in ("packaging", "docs"):
        assert not (ROOT / name / "__init__.py").exists()


def test_nothing_names_a_place_on_one_machine():
    own = [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
    own += [*modules(APP), *modules(ROOT / "packaging"), *(ROOT / "docs").rglob("*.md")]
    found = [
        f"{shown(path)}: {match.group()}"
        for path in own
        for match in OF_ONE_MACHINE.finditer(text(path))
    ]
    assert not found


def _public(parent: ast.Module | ast.ClassDef) -> Iterator[Documented]:
    """The public classes, functions and methods that have to explain themselves."""
    for node in parent.body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        if not _says_it_elsewhere(node):
            yield node
        if isinstance(node, ast.ClassDef):
            yield from _public(node)


def _says_it_elsewhere(node: Documented) -> bool:
    """Overrides, overloads and setters are documented where they were first declared."""
    names = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return bool(names & {"override", "overload", "setter"})


def test_the_rules_look_at_something():
    assert len(modules(APP)) > 10
    assert all(isinstance(path, Path) for path in modules(APP))


def test_each_widget_that_keeps_something_of_the_look_follows_it():
    made = [
        (path, node)
        for path in modules(APP / "desktop")
        for node in ast.parse(text(path)).body
        if isinstance(node, ast.ClassDef)
    ]
    named = {node.name: node for _, node in made}
    ways = ("theme().follow(self)", "theme().changed.connect(self.apply_theme)")

    @functools.cache
    def follows(node: ast.ClassDef) -> bool:
        bases = [named[ast.unparse(each)] for each in node.bases if ast.unparse(each) in named]
        written = ast.unparse(node)
        return any(way in written for way in ways) or any(map(follows, bases))

    keepers = {
        f"{shown(path)}: {node.name}": follows(node)
        for path, node in made
        if any(isinstance(each, ast.FunctionDef) and each.name == "apply_theme"
               for each in ast.walk(node)) and node.name not in {"Dressed", "CodeColours"}
    }  # fmt: skip
    assert len(keepers) > 30
    assert [name for name, is_following in keepers.items() if not is_following] == []


def test_nobody_asks_qt_for_every_widget_there_is():
    """Half of them are Qt's own, some half gone; handed to Python they ended the program."""
    asking = [shown(p) for p in modules(APP) if "allWidgets(" in text(p)]
    assert asking == []


def test_the_files_of_tests_that_are_begun_first_exist():
    there = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert set(LONG) <= there
