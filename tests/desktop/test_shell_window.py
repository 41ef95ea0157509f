# SPDX-License-Identifier: Apache-2.0
"""The frame: rail, history, commands, palette by keyboard, strip, notices, pictures."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit.command import Command, Reason, WindowState
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.page_bar import PageBar
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks, TaskState, time_left
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.jobs_dialog import JobsDialog
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.notices_panel import NoticesPanel
from strongroom.desktop.shell.page_spec import PageSpec
from strongroom.desktop.shell.palette import score
from strongroom.desktop.shell.pictures import save_picture
from strongroom.desktop.shell.session_state import SessionState
from strongroom.desktop.shell.status_strip import WindowStatus
from strongroom.domain.changes import Changes
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.progress import Progress
from support.accessibility import nameless


class _Page(Page):
    def __init__(self, page_id: str, ran: list[str]) -> None:
        self.page_id = page_id
        self.ran = ran
        self.places: list[Place] = []
        self.heard: list[Changes] = []
        super().__init__(PageBar(page_id.title()))

    def show_place(self, place: Place) -> None:
        self.places.append(place)

    def refresh(self, changes: Changes) -> None:
        self.heard.append(changes)

    def badge(self) -> str:
        return "3" if self.page_id == "reviews" else ""

    def commands(self) -> Sequence[Command]:
        return (
            Command(
                id=f"{self.page_id}.export",
                title=f"Export {self.page_id} as a table",
                run=lambda: self.ran.append(self.page_id),
                menu="File",
            ),
        )


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def window(app: QApplication, tasks: Tasks, ran: list[str], qtbot: QtBot) -> Iterator[MainWindow]:
    specs = [
        PageSpec(id="runs", title="Runs", icon="flask-conical", shortcut="Ctrl+1", has_table=True),
        PageSpec(id="reviews", title="Reviews", icon="stamp", shortcut="Ctrl+2",
                 waits_for_me=True),
        PageSpec(id="settings", title="Settings", icon="settings", at_foot=True),
    ]  # fmt: skip
    refused = Command(
        id="people.revoke", title="Revoke a key", menu="Review",
        run=lambda: ran.append("revoked"), enabled=lambda _: Reason("Needs role Admin"),
    )  # fmt: skip
    made = MainWindow(
        specs, [refused], tasks=tasks, clock=FixedClock(),
        state=lambda: WindowState(has_store=True, person="Mara"),
    )  # fmt: skip
    qtbot.addWidget(made)
    for spec in specs:
        made.join(_Page(spec.id, ran))
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def test_everything_in_the_frame_has_a_name(window: MainWindow) -> None:
    assert nameless(window) == []


def test_back_and_forward_go_through_places(window: MainWindow) -> None:
    wanted = Place.of("reviews", {"request": "5e07"})
    window.open_place(wanted)
    window.go_back()
    assert window.page_id() == "runs"
    window.go_forward()
    page = window.page()
    assert isinstance(page, _Page)
    assert page.places[-1] == wanted
    assert not window.open_place(Place("nowhere"))


def test_coming_back_to_a_place_does_not_do_again_what_was_done_there(window: MainWindow) -> None:
    """The wizard of an import, or the dialog of a request, would open with each Back."""
    wanted = Place.of("reviews", {"ask": "churn/3", "tab": "mine"})
    window.open_place(wanted)
    page = window.page()
    assert isinstance(page, _Page)
    assert page.places[-1] == wanted, "going there does it"
    window.open_place(Place("runs"))
    window.go_back()
    assert page.places[-1] == Place.of("reviews", {"tab": "mine"})
    window.go_back()
    window.go_forward()
    assert page.places[-1] == Place.of("reviews", {"tab": "mine"})


def test_what_a_place_sets_going_waits_for_a_page_that_is_not_there_yet(
    app: QApplication, tasks: Tasks, ran: list[str], qtbot: QtBot
) -> None:
    specs = [PageSpec(id=name, title=name.title(), icon="package") for name in ("runs", "exchange")]
    made = MainWindow(
        specs, [], tasks=tasks, clock=FixedClock(), state=lambda: WindowState(has_store=True)
    )
    qtbot.addWidget(made)
    made.show()
    wanted = Place.of("exchange", {"import": "/media/STICK/delta.strongbundle"})
    made.open_place(wanted)
    late = _Page("exchange", ran)
    made.join(late)
    assert late.places == [wanted]
    made.join(_Page("runs", ran))
    made.open_place(Place("runs"))
    made.go_back()
    assert late.places[-1] == Place("exchange")
    made.close()


def test_the_palette_runs_a_command_by_keyboard(
    window: MainWindow, ran: list[str], qtbot: QtBot
) -> None:
    window.commands.run("window.palette")
    palette = window.palette_box
    qtbot.keyClicks(palette.edit, "exp rev")
    assert [entry.title for entry in palette.shown()] == ["Export reviews as a table"]
    qtbot.keyClick(palette.edit, Qt.Key.Key_Return)
    assert ran == ["reviews"]
    assert not palette.isVisible()


def test_a_disabled_command_says_why_and_does_not_run(
    window: MainWindow, ran: list[str], qtbot: QtBot
) -> None:
    assert not window.commands.run("people.revoke")
    window.commands.look_again()
    assert window.commands.action("people.revoke").toolTip() == "Needs role Admin"
    window.open_palette()
    qtbot.keyClicks(window.palette_box.edit, "revoke")
    assert window.palette_box.shown()[0].why_not == "Needs role Admin"
    qtbot.keyClick(window.palette_box.edit, Qt.Key.Key_Return)
    assert ran == []
    window.palette_box.hide()


def test_two_commands_never_share_an_id_or_a_shortcut(window: MainWindow) -> None:
    with pytest.raises(ValueError, match="already there"):
        window.commands.add([Command(id="go.back", title="x", run=lambda: None)])
    with pytest.raises(ValueError, match="already there"):
        window.commands.add([Command(id="x.y", title="x", run=lambda: None, shortcut="Ctrl+1")])


def test_letters_match_in_order_and_word_starts_first() -> None:
    assert score("cmp", "Compare runs") is not None
    assert score("xyz", "Compare runs") is None
    exact, loose = score("run", "Run again"), score("run", "Return unnamed")
    assert exact is not None
    assert loose is not None
    assert exact > loose


def test_a_change_of_one_page_reaches_all_and_the_badge(window: MainWindow) -> None:
    told: list[Changes] = []
    window.changed.connect(told.append)
    changes = Changes(requests=frozenset({"5e07"}))
    page = window.page()
    assert isinstance(page, _Page)
    page.changed.emit(changes)
    assert told == [changes]
    assert page.heard == [changes]
    assert window.rail._entries["reviews"].accessibleName() == "Reviews, 3 waiting"


def test_a_failed_job_shows_a_bar_in_the_page(window: MainWindow, tasks: Tasks) -> None:
    def work(_: Progress) -> None:
        raise EnvironmentFault("E-GONE", "The share is gone", "Plug it in.")

    tasks.ask("x", "Reading", work, lambda _: None)
    assert tasks.wait_idle()
    page = window.page()
    assert page is not None
    assert page._fault.count() == 1
    page.clear_fault()
    assert page._fault.count() == 0


def test_the_strip_says_who_and_asks_to_sign_in(window: MainWindow, qtbot: QtBot) -> None:
    window.set_status(WindowStatus(store="/srv/s", person="Mara & Co, Admin"))
    assert window.strip.person.accessibleName() == "Mara & Co, Admin"
    assert not window.strip.chain.isVisible()
    with qtbot.waitSignal(window.sign_in_requested):
        window.strip.person.click()


def test_the_strip_shows_a_job_of_over_300_ms_and_cancels_it(
    window: MainWindow, tasks: Tasks, qtbot: QtBot
) -> None:
    def work(progress: Progress) -> None:
        while True:
            progress.step(1, 2)

    tasks.ask("long", "Reading runs", work, lambda _: None)
    assert window.strip._task.accessibleName() == "No tasks running"
    qtbot.waitUntil(lambda: window.strip._task.accessibleName().startswith("Reading runs"))
    window.strip._cancel.click()
    assert tasks.wait_idle()
    assert window.strip._task.accessibleName() == "No tasks running"


def test_a_repeated_notice_counts_up(window: MainWindow, qtbot: QtBot) -> None:
    window.notices.tell("Export failed", tone="bad")
    window.notices.tell("Export failed", tone="bad")
    assert [entry.times for entry in window.notices.entries()] == [2]
    panel = NoticesPanel(window.notices, FixedClock())
    qtbot.addWidget(panel)
    assert nameless(panel) == []


def test_the_details_of_a_notice_are_read_and_copied(
    app: QApplication, window: MainWindow, qtbot: QtBot
) -> None:
    asked: list[bool] = []
    window.notices.tell("Exported", cause="a")
    window.notices.tell("Export failed", "The share <b>is</b> gone", tone="bad", cause="b")
    window.notices.tell("Export failed", "The share <b>is</b> gone", tone="bad", cause="b")
    panel = NoticesPanel(window.notices, FixedClock(), support=lambda: asked.append(True))
    qtbot.addWidget(panel)
    panel.show()
    assert "The share <b>is</b> gone" in panel.details.text()
    assert "2 times" in panel.details.text()
    panel.copy_button.click()
    assert app.clipboard().text() == panel.details.text()
    panel.table.select("a")
    assert panel.details.text().startswith("Exported")


def test_the_list_of_jobs_follows_them_and_cancels_one(
    window: MainWindow, tasks: Tasks, qtbot: QtBot
) -> None:
    stopped: list[str] = []

    def work(name: str) -> Callable[[Progress], None]:
        def run(progress: Progress) -> None:
            try:
                while True:
                    progress.step(1, 4, "runs")
            finally:
                stopped.append(name)

        return run

    for name in ("first", "second"):
        tasks.ask(name, f"The {name} job", work(name), lambda _: None)
    qtbot.waitUntil(lambda: None not in {tasks.silent_s("first"), tasks.silent_s("second")})
    window.commands.run("window.jobs")
    dialog = next(w for w in app_windows() if isinstance(w, JobsDialog))
    assert nameless(dialog) == []
    assert dialog.table.model().rowCount() == 2
    dialog.table.select("second")
    dialog.stop.click()
    qtbot.waitUntil(lambda: stopped == ["second"])
    qtbot.waitUntil(lambda: dialog.table.model().rowCount() == 1)
    dialog.stop.click()
    qtbot.waitUntil(lambda: dialog.table.model().rowCount() == 0)
    assert not dialog.stop.isEnabled()
    dialog.reject()


def app_windows() -> list[QWidget]:
    return [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]


def test_how_long_a_job_takes_is_only_told_when_it_can_be() -> None:
    def state(done: int) -> TaskState:
        return TaskState(key="x", name="x", done=done, total=100)

    assert time_left(state(50), 30.0) == "30 s left"
    assert time_left(state(1), 30.0) == ""
    assert time_left(state(50), 1.0) == ""
    assert time_left(state(100), 30.0) == ""
    assert time_left(TaskState(key="x", name="x"), 30.0) == ""


def test_f6_moves_from_rail_to_page(window: MainWindow, qtbot: QtBot) -> None:
    window.rail.store.setFocus()
    window.open_place(Place("reviews"))
    window.go_back()
    window.commands.run("window.next_pane")
    focused = window.focusWidget()
    assert focused is not None
    assert not window.rail.isAncestorOf(focused) or focused is not window.rail.store


def test_geometry_and_place_come_back_from_the_file(
    app: QApplication, tmp_path: Path, qtbot: QtBot
) -> None:
    state = SessionState(tmp_path / "home", tmp_path / "store")
    window = QWidget()  # smaller than the screen of the offscreen platform
    qtbot.addWidget(window)
    window.resize(500, 300)
    state.save_window(window)
    state.save_place(Place.of("reviews", {"request": "5e07"}, "who:Mara"))
    state.flush()
    again = SessionState(tmp_path / "home", tmp_path / "store")
    assert again.place() == Place.of("reviews", {"request": "5e07"}, "who:Mara")
    window.resize(400, 400)
    assert again.restore_window(window)
    assert (window.width(), window.height()) == (500, 300)


def test_geometry_that_qt_does_not_know_is_ignored(window: MainWindow, tmp_path: Path) -> None:
    state = SessionState(tmp_path / "home", tmp_path / "store")
    for nonsense in ("not base64", "AAAA", "runs?x#" + "y" * 9_000):
        state.window.set_value("window.geometry", nonsense)
        state.store.set_value("window.place", nonsense)
        assert not state.restore_window(window)
        assert state.place() is None or isinstance(state.place(), Place)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_picture_has_the_pixels_asked_for(
    window: MainWindow, tmp_path: Path, scale: float
) -> None:
    window.resize(1100, 700)
    path = save_picture(window, tmp_path / "pictures" / "runs.png", scale)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1100 * scale, 700 * scale)


def test_the_window_fits_its_smallest_size_at_150_percent(window: MainWindow) -> None:
    theme().switch(scale=1.5)
    window.resize(1100, 700)
    assert window.size().width() <= 1100 + 1
    assert window.height() <= 700 + 1
