# SPDX-License-Identifier: Apache-2.0
"""Opening another store, onboarding, the demo, and closing while something runs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from strongroom.demo import marker
from strongroom.desktop.runs.onboarding import Onboarding, snippet
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.question_dialog import QuestionDialog
from strongroom.desktop.shell.stores_dialog import StoresDialog
from strongroom.domain.errors import BadInput, EnvironmentFault
from strongroom.domain.places import default_store
from strongroom.domain.progress import Progress
from strongroom.services.store_places import StoreKind, look_at
from support.accessibility import nameless
from support.no_internet import GUARDED
from support.opened_window import opened
from support.runs_on_disk import write_run

D = TypeVar("D", StoresDialog, QuestionDialog)


@pytest.fixture
def desk(app: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = Desk(app, tmp_path / "first", tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def window(desk: Desk) -> MainWindow:
    return opened(desk)


def _now(desk: Desk) -> MainWindow:
    assert desk.window is not None
    return desk.window


def _dialog(kind: type[D], qtbot: QtBot) -> D:
    def find() -> list[D]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]

    qtbot.waitUntil(lambda: len(find()) == 1)
    return find()[0]


def _fresh(window: MainWindow) -> Onboarding:
    page = window.page()
    assert isinstance(page, RunsPage)
    return page.body.no_runs


def test_the_pasted_snippet_runs_as_it_is_and_its_run_shows_up_live(
    window: MainWindow, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    fresh = _fresh(window)
    assert fresh.isVisible()
    assert nameless(fresh) == []
    QTest.mouseClick(fresh.block.copy_button, Qt.MouseButton.LeftButton)
    script = tmp_path / "first.py"
    script.write_text(QGuiApplication.clipboard().text(), "utf-8")
    subprocess.run(
        [sys.executable, str(script)], check=True, capture_output=True,
        env={"PYTHONPATH": GUARDED, "HOME": str(tmp_path), "PATH": ""}, cwd=tmp_path,
    )  # fmt: skip
    page = window.page()
    assert isinstance(page, RunsPage)
    qtbot.waitUntil(page.table.isVisible, timeout=10_000)
    assert not fresh.isVisible()
    assert len(list((tmp_path / "first" / "runs").glob("*/*/run.json"))) == 1


def test_the_snippet_names_the_store_only_where_a_script_would_not_find_it(tmp_path: Path) -> None:
    assert "STORE" not in snippet(str(default_store()))
    hostile = str(tmp_path / 'it\'s "mine"\n\\')
    found: dict[str, object] = {}
    line = next(part for part in snippet(hostile).split("\n\n") if part.startswith("STORE"))
    exec(line, found)
    assert found["STORE"] == hostile


def test_another_store_opens_in_place_and_is_remembered(
    window: MainWindow, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    write_run(tmp_path / "second", 1, name="calm-heron")
    desk.door.open(tmp_path / "second")
    qtbot.waitUntil(lambda: _now(desk) is not window)
    assert desk.services is not None
    assert desk.services.store == tmp_path / "second"
    _now(desk).commands.run("file.open_store")
    dialog = _dialog(StoresDialog, qtbot)
    assert dialog.table.current_key() == str(tmp_path / "first")
    assert nameless(dialog) == []
    dialog.open_button.click()
    assert desk.services is not None
    qtbot.waitUntil(lambda: desk.services is not None and desk.services.store.name == "first")
    desk.close()
    again = Desk(QApplication.instance(), tmp_path / "first", tmp_path / "home")  # type: ignore[arg-type]
    assert [path.name for path in again.door.recent()] == ["first", "second"]
    again.close()


def test_a_folder_is_looked_at_before_anything_is_written(
    window: MainWindow, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    holiday = tmp_path / "holiday"
    holiday.mkdir()
    (holiday / "beach.jpg").write_bytes(b"x")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(holiday))])
    window.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip
    page = window.page()
    assert page is not None
    qtbot.waitUntil(lambda: page._fault.count() == 1)
    assert [path.name for path in holiday.iterdir()] == ["beach.jpg"]
    empty = tmp_path / "empty"
    empty.mkdir()
    desk.door.open(empty)
    question = _dialog(QuestionDialog, qtbot)
    assert list(empty.iterdir()) == []
    question.answer.click()
    qtbot.waitUntil((empty / "store.json").is_file)
    assert _fresh(_now(desk)) is not None


def test_what_a_folder_is(tmp_path: Path) -> None:
    assert look_at(tmp_path / "none") is StoreKind.NEW
    write_run(tmp_path / "runs only", 1)
    assert look_at(tmp_path / "runs only") is StoreKind.STORE
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault):
        look_at(tmp_path / "file")
    with pytest.raises(BadInput):
        look_at(tmp_path)


def test_the_demo_is_asked_for_and_removed_by_one_command(
    window: MainWindow, desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    _fresh(window).demo.click()
    question = _dialog(QuestionDialog, qtbot)
    assert question.windowTitle() == "Make the demo workspace"
    question.reject()
    assert not desk.door.demo.exists()
    marker.begin(desk.door.demo)
    window.commands.run("file.remove_demo")
    question = _dialog(QuestionDialog, qtbot)
    assert question.focusWidget() is question.cancel_button
    question.answer.click()
    qtbot.waitUntil(lambda: not desk.door.demo.exists())
    qtbot.waitUntil(lambda: bool(window.notices.entries()))
    assert window.notices.entries()[0].title == "The demo workspace is removed"


def test_closing_while_something_is_changed_asks(
    window: MainWindow, desk: Desk, qtbot: QtBot
) -> None:
    begun: list[bool] = []
    stopped: list[bool] = []

    def work(progress: Progress) -> None:
        begun.append(True)
        try:
            while True:
                progress.step(1, 3, "runs")
        finally:
            stopped.append(True)

    window.tasks.change("x", "Exporting 3 runs", work, lambda _: None)
    qtbot.waitUntil(lambda: bool(begun))
    window.close()
    question = _dialog(QuestionDialog, qtbot)
    assert window.isVisible()
    question.reject()
    assert window.isVisible()
    assert not stopped
    desk.preferences.preview("window.confirm_close", value=False)
    window.close()
    assert not window.isVisible()
    assert stopped == [True]
    desk.preferences.discard()
