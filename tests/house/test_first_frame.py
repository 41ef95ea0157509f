# SPDX-License-Identifier: Apache-2.0
"""The window is painted before anything heavy is read, and what is painted is the window."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = (
    "sqlalchemy", "pyarrow", "numpy", "pyqtgraph", "cryptography", "keyring", "yaml", "lark",
    "strongroom.store", "strongroom.trust", "strongroom.services.runs", "strongroom.desktop.runs",
    "strongroom.desktop.charts", "strongroom.desktop.viewers",
)  # fmt: skip
SCRIPT = """
import json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
import strongroom.desktop.shell.launch

app = QApplication(["strongroom"])
Theme.install(app)
desk = Desk(app, Path(sys.argv[1]), Path(sys.argv[2]))
read, paint = [], MainWindow.paintEvent
def note(window, event):
    paint(window, event)
    read.append(sorted(sys.modules))
MainWindow.paintEvent = note
window = desk.open()
while not read:
    app.processEvents()
picture = window.grab().toImage()
seen = {
    "modules": read[0],
    "store": (Path(sys.argv[1]) / "store.json").exists(),
    "waiting": window.page().accessibleName(),
    "menus": [each.text() for each in window._menus.actions()],
    "shades": len({picture.pixelColor(700, y).name() for y in range(80, 600)}),
}
while window.missing():
    app.processEvents()
    window.tasks.wait_idle(1_000)
seen["then"] = window.page().accessibleName()
desk.close()
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("first")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder / "store"), str(folder / "home")],
        capture_output=True, text=True, check=False, cwd=folder,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_STATE_HOME": str(folder / "state")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("heavy", HEAVY)
def test_the_first_frame_is_painted_before_this_is_read(
    seen: dict[str, object], heavy: str
) -> None:
    modules = seen["modules"]
    assert isinstance(modules, list)
    assert "strongroom.desktop.shell.main_window" in modules
    assert [each for each in modules if each == heavy or each.startswith(f"{heavy}.")] == []


def test_the_store_is_not_touched_before_the_first_frame(seen: dict[str, object]) -> None:
    assert seen["store"] is False


def test_the_first_frame_is_the_window_with_the_place_of_its_page(
    seen: dict[str, object],
) -> None:
    assert seen["waiting"] == "Runs is being opened"
    assert seen["menus"] == [
        "File", "Edit", "View", "Run", "Model", "Review", "Exchange", "Window", "Help",
    ]  # fmt: skip
    assert isinstance(seen["shades"], int)
    assert seen["shades"] > 3  # the filter's frame, the header's ground and lines, the page
    assert seen["then"] != seen["waiting"]
