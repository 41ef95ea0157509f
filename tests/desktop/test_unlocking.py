# SPDX-License-Identifier: Apache-2.0
"""The passphrase is asked for once, Cancel is heard once, and an open key does not stay open."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from strongroom.bootstrap import open_settings
from strongroom.desktop.kit.command import WindowState
from strongroom.desktop.kit.secrets import STILL_LOCKED, Secrets
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.shell.key_watch import KeyWatch
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.screen_lock import ScreenLock
from strongroom.services.key_status import KeyState
from strongroom.trust.identity import KEPT_FOR_S, OPEN_FOR_S
from strongroom.trust.keychain import MemoryKeychain
from support.accessibility import nameless
from support.keyring_session import is_possible, keyring_session
from support.review_store import PASSPHRASE, Desk, ReviewStore, copied
from support.settling import settle


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    made = copied(tmp_path)
    yield made
    made.close()


@pytest.fixture
def desk(store: ReviewStore) -> Desk:
    """Whose key is locked, as after a start."""
    store.approver.identities.lock()
    return store.approver


@dataclass
class Pages:
    """Two pages of one window that sign; what was signed stands in `signed`."""

    desk: Desk
    tasks: Tasks
    both: tuple[Secrets, Secrets]
    widget: QWidget
    signed: list[str]
    ended: list[str]

    def sign(self, name: str, at: int = 0, *, is_fresh: bool = False) -> None:
        self.both[at].sign(
            f"test.{name}",
            name,
            "Trying needs the passphrase of your key.",
            lambda ask, _progress: self.desk.workstation.keys(ask=ask, is_fresh=is_fresh).writer,
            lambda _writer: self.signed.append(name),
            owner=self.widget,
            ended=lambda: self.ended.append(name),
        )


@pytest.fixture
def pages(desk: Desk, tasks: Tasks, qtbot: QtBot) -> Pages:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    both = (Secrets(tasks, desk.identities, widget), Secrets(tasks, desk.identities, widget))
    return Pages(desk, tasks, both, widget, [], [])


@dataclass
class Dialogs:
    """Every dialog that was ever shown."""

    qtbot: QtBot
    seen: list[UnlockDialog]

    def next(self) -> UnlockDialog:
        self.qtbot.waitUntil(lambda: bool(_open()), timeout=10_000)
        (dialog,) = _open()
        if dialog not in self.seen:
            self.seen.append(dialog)
        return dialog

    def answer(self, words: str) -> None:
        dialog = self.next()
        self.qtbot.waitUntil(dialog.field.edit.isEnabled, timeout=10_000)
        self.qtbot.keyClicks(dialog.field.edit, words)
        self.qtbot.keyClick(dialog.field.edit, Qt.Key.Key_Return)

    def wait_for_error(self, words: str) -> None:
        dialog = self.next()
        self.qtbot.waitUntil(lambda: words in _words(dialog), timeout=10_000)


@pytest.fixture
def dialogs(qtbot: QtBot) -> Dialogs:
    return Dialogs(qtbot, [])


def _open() -> list[UnlockDialog]:
    tops = QApplication.topLevelWidgets()
    return [top for top in tops if isinstance(top, UnlockDialog) and top.isVisible()]


def _words(dialog: UnlockDialog) -> str:
    shown = [each for each in dialog.findChildren(QWidget) if each.isVisible()]
    texts = [each.property("text") for each in shown]
    return " ".join(
        str(said) for each, text in zip(shown, texts, strict=True)
        for said in (text, each.accessibleName()) if said
    )  # fmt: skip


# -------------------------------------------------------------------- asking


def test_three_signatures_from_two_pages_ask_once(pages: Pages, dialogs: Dialogs) -> None:
    for number, at in enumerate((0, 1, 0)):
        pages.sign(f"signature {number}", at)
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert pages.signed == ["signature 0", "signature 1", "signature 2"]
    assert len(dialogs.seen) == 1
    assert _open() == []


def test_cancel_is_said_once_for_all_that_waits_and_the_next_wish_asks_again(
    pages: Pages, dialogs: Dialogs, qtbot: QtBot
) -> None:
    for number, at in enumerate((0, 1, 0, 1)):
        pages.sign(f"signature {number}", at)
    qtbot.keyClick(dialogs.next(), Qt.Key.Key_Escape)
    settle(pages.tasks)
    assert pages.signed == []
    assert len(pages.ended) == 4  # buttons are there again
    assert len(dialogs.seen) == 1
    assert _open() == []
    pages.sign("afterwards")
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert pages.signed == ["afterwards"]


def test_the_dialog_says_whose_passphrase_is_wanted_where_it_is_another_key_s(
    pages: Pages, dialogs: Dialogs
) -> None:
    told: list[str] = []
    pages.both[0].sign(
        "test.root", "Changing the team", "A change of the team needs a root key.",
        lambda ask, _progress: ask("Passphrase of the root key STICK-1"), told.append,
        owner=pages.widget,
    )  # fmt: skip
    dialog = dialogs.next()
    words = _words(dialog)
    assert "Passphrase of the root key STICK-1" in words
    assert "Keep open" not in words, "only one's own key can be kept open"
    dialogs.answer("words of the stick")
    settle(pages.tasks)
    assert told == ["words of the stick"]


def test_a_wrong_passphrase_signs_nothing_and_the_dialog_says_so(
    pages: Pages, dialogs: Dialogs
) -> None:
    pages.sign("one")
    dialogs.answer("five loud words instead")
    dialogs.wait_for_error("does not open this identity")
    assert pages.signed == []
    dialog = dialogs.next()
    assert dialog.field.text() == ""
    assert dialog.field.edit.hasFocus() or not dialog.isActiveWindow()
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert pages.signed == ["one"]
    assert len(dialogs.seen) == 1


def test_each_approval_asks_again_while_everything_else_does_not(
    pages: Pages, dialogs: Dialogs
) -> None:
    pages.sign("open it")
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    pages.sign("usual")
    settle(pages.tasks)
    assert pages.signed == ["open it", "usual"]
    pages.sign("approval", is_fresh=True)
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert pages.signed[-1] == "approval"
    assert len(dialogs.seen) == 2


def test_an_hour_is_chosen_once_and_not_for_the_next_time(pages: Pages, dialogs: Dialogs) -> None:
    pages.sign("one")
    dialog = dialogs.next()
    assert not dialog.keep.isChecked()
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert OPEN_FOR_S < pages.desk.identities.seconds_left() <= KEPT_FOR_S
    pages.sign("approval", is_fresh=True)  # asking again does not cut the hour short
    assert not dialogs.next().keep.isChecked()
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert pages.desk.identities.seconds_left() > OPEN_FOR_S
    pages.desk.identities.lock()
    pages.sign("two")
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert pages.desk.identities.seconds_left() <= OPEN_FOR_S


def test_a_file_answers_for_the_hands_and_a_wrong_one_is_told(
    pages: Pages, dialogs: Dialogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text(PASSPHRASE + "\n")
    bad.write_bytes(b"\xff\xfe")
    chosen = [bad, good]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(chosen.pop(0)), ""))
    pages.sign("one")
    dialog = dialogs.next()
    QTest.mouseClick(dialog.file_button, Qt.MouseButton.LeftButton)
    dialogs.wait_for_error("could not be read")
    QTest.mouseClick(dialog.file_button, Qt.MouseButton.LeftButton)
    settle(pages.tasks)
    assert pages.signed == ["one"]


def test_a_locked_keychain_is_told_and_asked_only_on_a_press(
    pages: Pages, dialogs: Dialogs
) -> None:
    keychain = pages.desk.keychain
    assert isinstance(keychain, MemoryKeychain)
    keychain.lock()
    keychain.may_unlock = False  # the prompt of the session is dismissed
    pages.sign("one")
    dialog = dialogs.next()
    assert "The keychain of this session is locked" in _words(dialog)
    assert not dialog.field.isVisible()
    assert nameless(dialog) == []
    QTest.mouseClick(dialog.unlock_button, Qt.MouseButton.LeftButton)
    dialogs.wait_for_error(STILL_LOCKED)
    keychain.may_unlock = True
    QTest.mouseClick(dialog.unlock_button, Qt.MouseButton.LeftButton)
    dialogs.qtbot.waitUntil(dialog.field.isVisible, timeout=10_000)
    dialogs.answer(PASSPHRASE)
    settle(pages.tasks)
    assert pages.signed == ["one"]
    assert len(dialogs.seen) == 1


def test_caps_lock_is_told_from_the_letters(pages: Pages, dialogs: Dialogs, qtbot: QtBot) -> None:
    pages.sign("one")
    dialog = dialogs.next()
    qtbot.keyClick(dialog.field.edit, "Q")  # a capital without Shift
    assert "Caps Lock is on" in _words(dialog)
    qtbot.keyClick(dialog.field.edit, Qt.Key.Key_CapsLock)
    assert "Caps Lock is on" not in _words(dialog)
    qtbot.keyClick(dialog.field.edit, "Q", Qt.KeyboardModifier.ShiftModifier)
    assert "Caps Lock is on" not in _words(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    settle(pages.tasks)


# -------------------------------------------------------------------- staying open


@dataclass
class Watched:
    """A window over an open key, with hands on its clocks."""

    window: MainWindow
    watch: KeyWatch
    desk: Desk
    store: ReviewStore
    ticks: list[float]
    slept: list[float]

    def pass_time(self, seconds: float) -> None:
        """Lets time pass while somebody is awake, and looks as the timer does."""
        self.ticks[0] += seconds
        self.store.clock.advance(seconds)
        self.watch.look()

    def use(self) -> None:
        """Presses a key, as the window system tells it to the window."""
        QTest.keyClick(self.window.windowHandle(), Qt.Key.Key_F)

    @property
    def said(self) -> str:
        return self.window.strip.key.accessibleName() if self.window.strip.key.isVisible() else ""


@pytest.fixture
def watched(
    desk: Desk, store: ReviewStore, tasks: Tasks, qtbot: QtBot, isolated_settings: None
) -> Iterator[Watched]:
    window = MainWindow([], [], tasks=tasks, clock=desk.clock)
    qtbot.addWidget(window)
    ticks, slept = [1_000.0], [0.0]
    watch = KeyWatch(
        window, desk.identities, Preferences(open_settings()),
        ticks=lambda: ticks[0], wall=lambda: ticks[0] + slept[0],
    )  # fmt: skip
    window.add_commands(watch.commands())
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5_000)
    desk.identities.unlock(ask=lambda _question: PASSPHRASE)
    watch.look()
    yield Watched(window, watch, desk, store, ticks, slept)
    window.close_at_once()


@pytest.fixture
def isolated_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_the_strip_counts_down_and_the_key_is_shut_at_the_end(watched: Watched) -> None:
    assert watched.said == "Key open 10:00"
    for _ in range(3):
        watched.pass_time(150)
        watched.use()
    assert watched.said == "Key open 2:30"
    watched.pass_time(150)
    assert watched.said == ""
    assert watched.desk.identities.key_status().state is KeyState.LOCKED


def test_a_press_on_the_countdown_locks_at_once(watched: Watched) -> None:
    QTest.mouseClick(watched.window.strip.key, Qt.MouseButton.LeftButton)
    assert watched.desk.identities.seconds_left() == 0
    assert watched.said == ""


def test_nobody_at_the_window_is_warned_and_then_it_locks(watched: Watched) -> None:
    watched.pass_time(299 - 60)
    assert watched.said == "Key open 6:01"
    watched.pass_time(40)
    assert watched.said == "Key locks in 0:21 without use"
    watched.use()
    watched.pass_time(1)
    assert watched.said.startswith("Key open ")
    watched.pass_time(300)
    assert watched.said == ""
    assert watched.desk.identities.seconds_left() == 0


def test_a_machine_that_slept_wakes_up_with_a_locked_key(watched: Watched) -> None:
    watched.slept[0] += 400  # the wall clock went on; nobody was awake
    watched.watch.look()
    assert watched.desk.identities.seconds_left() == 0


def test_menu_entries_say_why_they_cannot_be_used(watched: Watched) -> None:
    commands = watched.window.commands
    watched.window.furnish(state=_signed_in, objects=tuple, open_object=lambda _key: None)
    assert commands.why_not("key.lock") is None
    why = commands.why_not("key.unlock")
    assert why is not None
    assert why.text == "The key is open already"
    assert commands.run("key.lock")
    assert watched.desk.identities.seconds_left() == 0
    assert commands.why_not("key.unlock") is None


def test_looking_and_locking_wait_for_nobody(desk: Desk, pages: Pages, dialogs: Dialogs) -> None:
    """While a worker waits for the passphrase it holds the key; the window looks all the same."""
    pages.sign("one")
    dialog = dialogs.next()
    assert desk.identities.seconds_left() == 0
    desk.identities.lock()
    dialog.reject()
    settle(pages.tasks)


@pytest.mark.skipif(not is_possible(), reason="no dbus-daemon: apt install dbus")
def test_the_key_locks_with_the_screen(
    watched: Watched, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with keyring_session(with_daemon=False) as session:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session.address)
        screen = ScreenLock()
        assert screen.is_listening
        screen.locked.connect(watched.watch.lock)
        _say_active(session.address, is_active=False)
        with qtbot.waitSignal(screen.locked, timeout=10_000):
            _say_active(session.address, is_active=True)
        assert watched.desk.identities.seconds_left() == 0
        screen.stop()


def test_without_a_bus_nothing_is_heard_and_nothing_is_started(
    app: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    screen = ScreenLock()
    assert not screen.is_listening
    screen.stop()


def test_going_to_and_fro_between_windows_leaves_nothing_connected(
    watched: Watched, qtbot: QtBot
) -> None:
    one, two = QWindow(), QWindow()
    for _ in range(5):
        for window in (one, two):
            watched.watch._on_focus_window_changed(window)
    assert one.receivers("2destroyed()") == two.receivers("2destroyed()") == 0
    two.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    watched.watch._on_focus_window_changed(one)  # the one before is gone
    watched.watch._on_focus_window_changed(None)


def _say_active(address: str, *, is_active: bool) -> None:
    """Says on the bus what a desktop's screen saver says."""
    from jeepney import DBusAddress, new_signal
    from jeepney.io.blocking import open_dbus_connection

    emitter = DBusAddress("/org/freedesktop/ScreenSaver", interface="org.freedesktop.ScreenSaver")
    with contextlib.closing(open_dbus_connection(address)) as connection:
        connection.send(new_signal(emitter, "ActiveChanged", "b", (is_active,)))


def _signed_in() -> WindowState:
    return WindowState(has_store=True, person="Mara Lindqvist")


def test_the_footer_reads_file_cancel_unlock_and_the_keyboard_goes_the_same_way(
    desk: Desk, app: QApplication, qtbot: QtBot
) -> None:
    dialog = UnlockDialog(desk.identities.key_status(), "Approving needs your key.")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    buttons = [dialog.file_button, dialog.cancel_button, dialog.unlock_button]
    places = [each.mapTo(dialog, each.rect().center()).x() for each in buttons]
    assert places == sorted(places)
    assert places[0] < dialog.width() / 3, "the file stands apart from the answers"
    walked, at = list[QWidget](), dialog.keep.nextInFocusChain()
    while at is not dialog.keep and len(walked) < 3:
        if at in buttons:
            walked.append(at)
        at = at.nextInFocusChain()
    assert walked == buttons
