# SPDX-License-Identifier: Apache-2.0
"""Every place of the window opens by every door, everything in it has a name, nothing is left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QApplication

from strongroom.demo.people import DemoPerson, write_people
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.palette import Palette
from strongroom.desktop.shell.sign_in import SignInDialog
from support.accessibility import nameless
from support.real_window import RealWindow
from support.workplaces import Workplace, found_team, train

pytestmark = pytest.mark.e2e

OpenWindow = Callable[[Path, Path], RealWindow]
Shoot = Callable[[str], None]

PLACES = {
    "Compare": "ctrl+2",
    "Models": "ctrl+3",
    "Reviews": "ctrl+4",
    "Exchange": "ctrl+5",
    "Audit": "ctrl+6",
    "Monitor": "ctrl+7",
    "People": "ctrl+8",
    "Settings": "ctrl+comma",
    "Runs": "ctrl+1",  # last, because the window opens there
}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workplace, Workplace]:
    """Two people of one store, who can sign in there."""
    root = tmp_path_factory.mktemp("doors")
    store = root / "harbour"
    ada, ben = (
        Workplace(name, store, store / "demo" / "homes" / name.split()[0].lower())
        for name in ("Ada Brandt", "Ben Okafor")
    )
    found_team(ada, {ben: "analyst"}, "Harbour ML")
    train(store, "calm-heron", experiment="digits", best=0.91)
    listed = []
    for place, role in ((ada, "Admin"), (ben, "Analyst")):
        with place.services() as services:
            card = services.identities.show()
        assert card is not None
        listed.append(
            DemoPerson(
                name=place.name, role=role, home=place.home, writer=card.writer,
                is_signed_in=place is ada,
            )
        )  # fmt: skip
    write_people(store, listed)
    return ada, ben


def _by_rail(real: RealWindow, place: str) -> None:
    real.go(place)


def _by_shortcut(real: RealWindow, place: str) -> None:
    real.hands.bring_to_front(real.window)
    real.hands.press(PLACES[place], then=lambda: real.page().title == place)


def _by_palette(real: RealWindow, place: str) -> None:
    real.hands.bring_to_front(real.window)
    real.hands.press("ctrl+k", then=lambda: isinstance(QApplication.activeWindow(), Palette))
    palette = QApplication.activeWindow()
    assert isinstance(palette, Palette)
    real.hands.until(palette.edit.hasFocus, "the palette has the keyboard at once")
    real.hands.write(place)
    real.hands.until(lambda: palette.query() == place, f"{place} is typed")
    assert palette.shown()[0].title == place
    real.hands.press("Return", then=lambda: real.page().title == place)
    assert not palette.isVisible()


@pytest.mark.parametrize("way", [_by_rail, _by_shortcut, _by_palette])
def test_each_of_the_nine_places_opens_by_this_door(
    way: Callable[[RealWindow, str], None],
    people: tuple[Workplace, Workplace],
    open_window: OpenWindow,
    shoot: Shoot,
) -> None:
    ada, _ = people
    real = open_window(ada.store, ada.home)
    assert len(PLACES) == sum(1 for _ in real.window.rail.findChildren(QAbstractButton)) - 1
    for place in PLACES:
        way(real, place)
        real.wait_idle()
        shoot(place)
        assert nameless(real.page()) == []
    assert nameless(real.window) == []


def test_the_look_changes_at_once_by_keyboard(
    people: tuple[Workplace, Workplace], open_window: OpenWindow, shoot: Shoot
) -> None:
    ada, _ = people
    real = open_window(ada.store, ada.home)
    hands = real.hands
    assert _ground(real) > 200
    hands.press("ctrl+k", then=lambda: isinstance(QApplication.activeWindow(), Palette))
    hands.write("theme dark")
    hands.press("Return", then=lambda: theme().tokens.name == "dark")
    assert _ground(real) < 80
    shoot("dark-runs")
    real.go("Settings")
    hands.press("ctrl+k", then=lambda: isinstance(QApplication.activeWindow(), Palette))
    hands.write("theme light")
    hands.press("Return", then=lambda: theme().tokens.name == "light")
    assert _ground(real) > 200
    hands.press("ctrl+k", then=lambda: isinstance(QApplication.activeWindow(), Palette))
    hands.write("theme high")
    hands.press("Return", then=lambda: theme().tokens.name == "high-contrast")
    shoot("high-contrast-settings")
    assert nameless(real.window) == []


def test_somebody_else_signs_in_from_the_strip(
    people: tuple[Workplace, Workplace], open_window: OpenWindow, shoot: Shoot
) -> None:
    ada, ben = people
    real = open_window(ada.store, ada.home)
    real.wait_for("Ada Brandt, Founder", within=real.window.strip)
    before = real.window
    real.press("Ada Brandt, Founder", within=real.window.strip)
    dialog = real.dialog(SignInDialog)
    shoot("dialog")
    assert nameless(dialog) == []
    real.select(dialog.table, str(ben.home))
    real.press("Sign in", within=dialog, then=lambda: real.window is not before)
    real.hands.bring_to_front(real.window)
    real.wait_for("Ben Okafor, Analyst", within=real.window.strip)
    shoot("as-ben")
    real.go("Settings")
    real.wait_for(str(ben.home))
    shown = [one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow)]
    assert [one for one in shown if one.isVisible()] == [real.window]


def test_closing_by_the_window_manager_leaves_nothing_and_the_place_is_kept(
    people: tuple[Workplace, Workplace], open_window: OpenWindow
) -> None:
    ada, _ = people
    real = open_window(ada.store, ada.home)
    window, tasks = real.window, real.desk.tasks
    assert tasks is not None
    real.hands.press("ctrl+7")  # measuring takes a while: something runs when it closes
    real.hands.press("alt+F4", then=lambda: not window.isVisible())
    assert not tasks.running()
    again = open_window(ada.store, ada.home)
    assert again.window.size() == window.size()
    again.wait_for("Ada Brandt, Founder", within=again.window.strip)


def _ground(real: RealWindow) -> int:
    """Returns how light the page is on the screen, 0 to 255, where nothing stands on it."""
    page = real.page()
    at = page.mapToGlobal(QPoint(page.width() - 4, page.height() - 4))
    return real.hands.see().pixelColor(at).lightness()
