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
    group.addoption("--quick", action="store_true", help="tiny sizes: shows that a bench works")
    group.addoption("--peers", default="", help="the list of other programs, put by run.py")
    group.addoption(
        "--fasttrackml", type=float, default=0.01, metavar="SHARE",
        help="how much of fasttrackml#860's 75,000 runs × 1,500 metrics to build (1 = all)",
    )  # fmt: skip
    group.addoption("--save", action="store_true", help="write the figures to docs/benchmarks.md")


@pytest.fixture(autouse=True)
def _section(request: pytest.FixtureRequest) -> None:
    """Puts the figures of a bench below the first line of its text."""
    begin(str(request.module.__doc__).strip().splitlines()[0].rstrip(".:"))


@pytest.fixture(scope="session")
def is_big(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--big"))


@pytest.fixture(scope="session")
def sized(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """Returns how large a size is to be: a hundredth of it where the bench is only to be tried."""
    divisor = 100 if request.config.getoption("--quick") else 1
    return lambda size: max(1, size // divisor)


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
