# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests at a real screen: windows, hands, and nothing left behind."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.shell.desk import Desk
from support.left_open import Resources, Shown
from support.real_window import RealWindow, shots
from support.xdo import Hands

OpenWindow = Callable[[Path, Path], RealWindow]
SCREENS = "STRONGROOM_TEST_SCREENS"  # what packaging/run.py opened, one for each worker
PICTURES = "STRONGROOM_E2E_PICTURES"  # a folder that takes a picture of every scene


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """The folder for pictures; read before the settings of whoever runs this are hidden."""
    named = os.environ.get(PICTURES)
    return Path(named) if named else None


@pytest.fixture(scope="session")
def screen(request: pytest.FixtureRequest, worker_id: str) -> None:
    """Asks for a screen with a window manager, and makes Qt use it; workers have one each.

    Whoever chose these tests with ``-m e2e`` is told that they cannot run; others skip them.
    """
    if screens := os.environ.get(SCREENS, "").split():
        number = int(worker_id.removeprefix("gw")) if worker_id != "master" else 0
        os.environ["DISPLAY"] = screens[number]  # two hands on one screen would steal the focus
    tools = all(map(shutil.which, ("xdotool", "xprop")))
    asked = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
    found = tools and os.environ.get("DISPLAY")
    answer = subprocess.run(asked, capture_output=True, text=True, check=False) if found else None
    if answer is None or "window id" not in answer.stdout:
        _cannot_run(request, "needs a screen with a window manager: packaging/run.py test")
    os.environ["QT_QPA_PLATFORM"] = "xcb"  # tests of widgets, collected first, say otherwise


def _cannot_run(request: pytest.FixtureRequest, why: str) -> None:
    chosen = str(request.config.getoption("markexpr"))
    if "e2e" in chosen.replace("not e2e", ""):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def running(screen: None, request: pytest.FixtureRequest) -> QApplication:
    """The application on the screen."""
    running = request.getfixturevalue("qapp")
    assert isinstance(running, QApplication)
    if running.platformName() != "xcb":
        _cannot_run(request, "tests of widgets ran in this process: run these with -m e2e")
    return running


@pytest.fixture
def app(running: QApplication) -> Iterator[QApplication]:
    """The application, in the light theme."""
    look = getattr(Theme, "_current", None) or Theme.install(running, "light")
    look.switch("light", 1.0)
    yield running
    look.switch("light", 1.0)


@pytest.fixture
def hands(app: QApplication) -> Hands:
    """The mouse and the keyboard."""
    return Hands(app)


@pytest.fixture
def shoot(
    hands: Hands, pictures: Path | None, request: pytest.FixtureRequest
) -> Callable[[str], None]:
    """Saves a picture of the screen if somebody wants to look."""
    if pictures is None:
        return lambda _name: None
    return shots(pictures / request.node.name, hands)


@pytest.fixture
def open_window(app: QApplication, hands: Hands) -> Iterator[OpenWindow]:
    """Opens windows on stores; afterwards every one closes and leaves nothing behind."""
    opened: list[RealWindow] = []

    def open_(store: Path, home: Path) -> RealWindow:
        real = RealWindow(hands, Desk(app, store, home))
        real.desk.open()
        opened.append(real)
        hands.bring_to_front(real.window)
        real.wait_idle()
        return real

    yield open_
    left = []
    for real in opened:
        real.desk.close()
        if real.desk.tasks is not None:
            left += [state.name for state in real.desk.tasks.running()]
        real.desk.deleteLater()
    hands.rest()
    assert not left, f"jobs left running: {left}"


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fails a test that leaves a window, a running timer, a thread or an open file behind.

    A window that a module shares was there before; its module looks at threads and files.
    """
    shown, before = Shown.now(), Resources.now()
    yield
    shown.fail_if_more()
    if not shown.windows:
        before.fail_if_more(tmp_path_factory.getbasetemp())
