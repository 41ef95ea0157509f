# SPDX-License-Identifier: Apache-2.0
"""The settings page in the real window: shown at once, kept on Save, gone on Cancel, locked."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QWidget

from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.stepper import Stepper
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.desk import Desk
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.settings_page import SettingsPage
from strongroom.domain.setting import Origin
from strongroom.services.settings import Settings
from support.accessibility import nameless
from support.opened_window import opened
from support.runs_on_disk import write_run

THEME, SCALE = "appearance.theme", "appearance.text_scale"
Open = Callable[[], MainWindow]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.toml", tmp_path / "policy.toml", environ={})


@pytest.fixture
def desk(app: QApplication, tmp_path: Path, settings: Settings) -> Iterator[Desk]:
    for number in range(4):
        write_run(tmp_path / "store", number, metrics={"val/auc": [0.7, 0.8]}, params={"lr": "1"})
    made = Desk(app, tmp_path / "store", tmp_path / "home", settings)
    yield made
    made.close()
    theme().switch("light", 1.0, density="usual", moves=True)


@pytest.fixture
def page(desk: Desk) -> SettingsPage:
    window = opened(desk)
    window.go_to("settings")
    found = window.page()
    assert isinstance(found, SettingsPage)
    return found


def _kept(settings: Settings) -> dict[str, object]:
    return tomllib.loads(settings.path.read_text("utf-8")) if settings.path.exists() else {}


def test_a_choice_is_shown_at_once_and_cancel_really_cancels(
    page: SettingsPage, settings: Settings
) -> None:
    control = page.rows[THEME].control
    assert isinstance(control, Choice)
    control.choose("dark")
    assert theme().tokens.name == "dark"
    assert page.footer.isVisible()
    assert _kept(settings) == {}
    page.cancel_button.click()
    assert theme().tokens.name == "light"
    assert control.text() == "Follow the system"
    assert not page.footer.isVisible()
    assert _kept(settings) == {}


def test_save_keeps_it_in_the_file_and_reset_takes_it_out(
    page: SettingsPage, desk: Desk, settings: Settings, qtbot: QtBot
) -> None:
    row = page.rows[SCALE]
    stepper = row.control
    assert isinstance(stepper, Stepper)
    QTest.keyClick(stepper, Qt.Key.Key_Up)
    QTest.mouseClick(stepper, Qt.MouseButton.LeftButton, pos=QPoint(stepper.width() - 8, 8))
    assert theme().scale == 1.2
    assert stepper.accessibleName() == "Text size: 120 %"
    page.save_button.click()
    qtbot.waitUntil(lambda: not page.footer.isVisible())
    assert _kept(settings) == {"appearance": {"text_scale": 120}}
    assert "Reset to 100 %" in row.reset.toolTip()
    row.reset.click()
    assert theme().scale == 1.0
    page.save_button.click()
    qtbot.waitUntil(lambda: _kept(settings) == {"appearance": {}})
    assert not row.reset.isEnabled()


def test_closing_the_window_drops_what_was_not_saved(
    page: SettingsPage, desk: Desk, settings: Settings
) -> None:
    page.preferences.preview(THEME, "high-contrast")
    assert page.badge() == "!"
    desk.close()
    assert theme().tokens.name == "light"
    assert _kept(settings) == {}


def test_what_policy_sets_is_locked_with_its_reason_everywhere(
    desk: Desk, settings: Settings
) -> None:
    settings.policy_path.write_text(
        'locked = ["appearance.theme"]\nreason = "Rule 12 <b>one</b> look."\n'
        '[appearance]\ntheme = "dark"\n'
    )
    settings.read_again()
    desk.preferences.apply()
    window = opened(desk)
    window.go_to("settings")
    page = window.page()
    assert isinstance(page, SettingsPage)
    row = page.rows[THEME]
    assert theme().tokens.name == "dark"
    assert not row.control.isEnabled()
    assert not row.reset.isEnabled()
    said = [each.accessibleName() for each in row.findChildren(QWidget)]
    assert "Set by policy: Rule 12 <b>one</b> look." in said
    page.preferences.preview(THEME, "light")
    assert theme().tokens.name == "dark"
    reason = window.commands.why_not("view.theme_light")
    assert reason is not None
    assert "Rule 12" in reason.text


def test_a_fault_while_saving_is_shown_and_the_draft_stays(
    page: SettingsPage, settings: Settings, qtbot: QtBot
) -> None:
    settings.path.write_text("[appearance")
    page.preferences.preview(THEME, "dark")
    page.save_button.click()
    qtbot.waitUntil(lambda: page._fault.count() == 1)
    assert page.footer.isVisible()
    assert settings.path.read_text() == "[appearance"
    page.preferences.discard()


def test_the_search_finds_titles_words_and_keys(page: SettingsPage) -> None:
    def shown() -> set[str]:
        return {key for key, row in page.rows.items() if row.isVisibleTo(page)}

    page.search.set_text("high contrast")
    assert shown() == {THEME}
    page.search.set_text("message_seconds")
    assert shown() == {"window.message_seconds"}
    page.search.set_text("usage statistics")
    assert shown() == set()
    assert not page._nothing.isVisibleTo(page)
    page.search.set_text("qwertz")
    assert page._nothing.isVisibleTo(page)
    page.search.set_text("")
    assert shown() == set(page.rows)


def test_a_file_changed_by_another_program_is_taken_over(
    page: SettingsPage, desk: Desk, settings: Settings, qtbot: QtBot
) -> None:
    settings.path.write_text('[appearance]\ndensity = "compact"\ntheme = 7\n')
    qtbot.waitUntil(lambda: theme().height("row") == 24)
    assert settings.state("appearance.density").origin is Origin.USER
    assert page._problems.isVisibleTo(page)


def test_commands_of_the_view_menu_choose_and_keep(
    page: SettingsPage, desk: Desk, settings: Settings, qtbot: QtBot
) -> None:
    assert desk.window is not None
    desk.window.commands.run("view.larger_text")
    desk.window.commands.run("view.theme_high_contrast")
    wanted = {"appearance": {"theme": "high-contrast", "text_scale": 110}}
    qtbot.waitUntil(lambda: _kept(settings) == wanted)
    assert theme().tokens.name == "high-contrast"
    desk.window.commands.run("view.usual_text")
    qtbot.waitUntil(lambda: settings.value(SCALE) == 100)


def test_everything_has_a_name(page: SettingsPage) -> None:
    page.preferences.preview(THEME, "dark")
    assert nameless(page) == []
    page.preferences.discard()


def _cut(root: QWidget) -> list[str]:
    """Returns buttons that got less room than their words need, or lie outside of their page."""
    found = []
    for button in root.findChildren(QAbstractButton):
        if not button.isVisible() or not button.text():
            continue
        at = QRect(button.mapTo(root, QPoint(0, 0)), button.size())
        short = button.sizePolicy().horizontalPolicy() == button.sizePolicy().Policy.Fixed and (
            button.width() < button.minimumSizeHint().width() - 1
        )
        if short or not (_in_scroll(button, root) or root.rect().contains(at)):
            found.append(f"{type(button).__name__} {button.text()} {at}")
    return found


def _in_scroll(widget: QWidget, root: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and parent is not root:
        if isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return False


@pytest.mark.parametrize("percent", [80, 100, 150, 200])
def test_the_smallest_window_shows_every_page_whole_at_any_text_size(
    desk: Desk, percent: int, qtbot: QtBot
) -> None:
    window = opened(desk)
    window.resize(1100, 700)
    desk.preferences.preview(SCALE, percent)
    faults = []
    for spec in window.specs():
        window.go_to(spec.id)
        assert desk.tasks is not None
        for _ in range(3):
            desk.tasks.wait_idle(10_000)
            QApplication.processEvents()
        if (window.width(), window.height()) != (1100, 700):
            faults.append(f"{spec.id} pushes the window to {window.size().toTuple()}")
        faults += [f"{spec.id}: {each}" for each in _cut(window.page())]
    desk.preferences.discard()
    assert not faults, "\n".join(faults)
