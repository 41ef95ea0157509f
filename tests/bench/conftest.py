# SPDX-License-Identifier: Apache-2.0
"""Options of the benches: larger sizes, and writing the page of figures."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.theme import Theme
from support.big_store import MILLION, build_store
from support.checkout import DOCS
from support.figures import begin, page, told


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("strongroom benches")
    group.addoption("--big", action="store_true", help="the largest sizes too: some ten minutes")
    group.addoption("--peers", default="", help="the interpreter that has MLflow, put by run.py")
    group.addoption("--save", action="store_true", help="write the figures to docs/benchmarks.md")


@pytest.fixture(autouse=True)
def _section(request: pytest.FixtureRequest) -> None:
    """Puts the figures of a bench below the first line of its text."""
    begin(str(request.module.__doc__).strip().splitlines()[0].rstrip(".:"))


@pytest.fixture(scope="session")
def is_big(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--big"))


@pytest.fixture(scope="session")
def app(qapp: QApplication) -> QApplication:
    if getattr(Theme, "_current", None) is None:
        Theme.install(qapp, "light")
    return qapp


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Returns the store of so many runs; the catalog knows them, folders there are none."""
    made: dict[int, Path] = {}

    def store(runs: int) -> Path:
        if runs not in made:
            made[runs] = tmp_path_factory.mktemp(f"runs-{runs}")
            shape = replace(MILLION, runs=runs)
            build_store(made[runs], shape, has_folders=False)
        return made[runs]

    return store


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--save") and told:
        given = sys.argv[1:]
        after = given.index("tests/bench") + 1 if "tests/bench" in given else 0
        asked = ["--peers" if each.startswith("--peers=") else each for each in given[after:]]
        command = " ".join(["python3 packaging/run.py bench", *asked])
        (DOCS / "benchmarks.md").write_text(page(told, command), "utf-8")
