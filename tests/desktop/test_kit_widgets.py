# SPDX-License-Identifier: Apache-2.0
"""Widgets: names, plain text, sizes at every text scale, repainting, words."""

import sys
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import Banner, CodeBlock, EmptyState, MarkLabel
from strongroom.desktop.kit.buttons import Button, MenuButton
from strongroom.desktop.kit.dialog import Dialog, Wizard
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.fields import Field, SearchField, TextArea
from strongroom.desktop.kit.icons import icon_pixmap
from strongroom.desktop.kit.labels import DigestLabel, Elided, Label, SectionTitle
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.resources import resource, resources_root
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.switches import Check, Toggle
from strongroom.desktop.kit.tabs import Segmented, Tabs
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tiles import Card, Tile
from support.accessibility import focusable, nameless

DAY = 86_400_000_000


def _everything() -> QWidget:
    tile = Tile("M1", "Run success", "finished of ended")
    tile.set_measure("99.2", "%", values=(1.0, 2.0), target="≥ 98.5 %")
    return column(
        Label("<b>words</b>", selectable=True), Elided("words"), SectionTitle("Gates", "3"),
        DigestLabel("9f2ac41b77e05d38"), Button("Save", "primary", "save"),
        Button("", "ghost", "x", name="Close"), MenuButton("Sort", (("a", "A"),)),
        Segmented((("a", "A"), ("b", "B")), counts={"b": 2}), Tabs((("a", "A"), ("b", "B"))),
        Check("Keep"), Toggle("Only what differs"), Field("Name"), SearchField("Filter runs"),
        TextArea("Comment"), Banner.for_trust("valid", "Signed"), CodeBlock("{}", "Payload"),
        KeyValues([Fact(key="Run", value="heron", kind="link")]),
        KeyValues([Fact(key="Tree", value="9f2a", kind="digest")]),
        EmptyState("None", "Why", "Do it"), Card("Chart"), tile, MarkLabel.for_stage("Staging"),
    )  # fmt: skip


@pytest.fixture
def everything(app: QApplication, qtbot: QtBot) -> QWidget:
    made = _everything()
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    return made


def test_everything_that_takes_the_keyboard_has_a_name(everything: QWidget) -> None:
    assert len(focusable(everything)) >= 14
    assert nameless(everything) == []


def test_a_nameless_button_is_found(app: QApplication, qtbot: QtBot) -> None:
    bare = Button("", "ghost", "x")
    qtbot.addWidget(bare)
    assert nameless(bare) == ["Button"]


@pytest.mark.parametrize("name", ["dark", "high-contrast"])
def test_a_theme_switch_repaints_everything(everything: QWidget, name: str) -> None:
    light = everything.grab().toImage()
    theme().switch(name)  # type: ignore[arg-type] # parametrised with the names of themes
    other = everything.grab().toImage()
    assert light != other
    theme().switch("light")
    assert everything.grab().toImage() == light


@pytest.mark.parametrize("scale", [0.8, 1.5, 2.0])
def test_text_scale_moves_sizes_and_comes_back(everything: QWidget, scale: float) -> None:
    before = everything.sizeHint()
    button = everything.findChildren(Button)[1].sizeHint()
    theme().switch(scale=scale)
    after = everything.findChildren(Button)[1].sizeHint()
    assert (after.height() > button.height()) == (scale > 1)
    theme().switch(scale=1.0)
    assert everything.sizeHint() == before


def test_markup_is_shown_as_it_is(app: QApplication, qtbot: QtBot) -> None:
    label = Label("<b>bold</b>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    plain = Label("bold")
    qtbot.addWidget(plain)
    assert label.sizeHint().width() > plain.sizeHint().width()


def test_a_banner_on_tinted_ground_speaks_in_the_primary_colour(
    app: QApplication, qtbot: QtBot
) -> None:
    banner = Banner.for_trust("mismatch", "Another digest")
    qtbot.addWidget(banner)
    words = next(at for at in banner.findChildren(Label) if at.text() == "Another digest")
    assert words.palette().color(QPalette.ColorRole.WindowText) == theme().colour("text_primary")


def test_a_shortened_line_says_all_of_it_in_its_tooltip(app: QApplication, qtbot: QtBot) -> None:
    line = Elided("a <b>very</b> long name of a run")
    qtbot.addWidget(line)
    line.resize(QSize(60, 20))
    line.grab()
    assert "&lt;b&gt;very&lt;/b&gt; long name" in line.toolTip()
    line.resize(QSize(900, 20))
    line.grab()
    assert line.toolTip() == ""


def test_tabs_move_by_keyboard_and_say_so_once(app: QApplication, qtbot: QtBot) -> None:
    tabs = Tabs((("a", "A"), ("b", "B")), counts={"b": 8}, name="Sections")
    qtbot.addWidget(tabs)
    told: list[str] = []
    tabs.changed.connect(told.append)
    qtbot.keyClick(tabs, Qt.Key.Key_Right)
    qtbot.keyClick(tabs, Qt.Key.Key_Right)
    assert told == ["b"]
    assert tabs.accessibleName() == "Sections: B, 8"


def test_a_menu_button_keeps_its_choice(app: QApplication, qtbot: QtBot) -> None:
    menu = MenuButton("Axis", (("step", "Step & more"), ("time", "Time")), "step")
    qtbot.addWidget(menu)
    menu.choose("time")
    assert menu.current() == "time"
    ticked = [action.isChecked() for action in menu.build_menu().actions()]
    assert ticked == [False, True]


def test_escape_empties_a_search(app: QApplication, qtbot: QtBot) -> None:
    field = SearchField("Filter")
    qtbot.addWidget(field)
    field.set_text("auc")
    qtbot.keyClick(field.edit, Qt.Key.Key_Escape)
    assert field.text() == ""


def test_what_is_signed_starts_on_cancel(app: QApplication, qtbot: QtBot) -> None:
    dialog = Dialog("Approve", title="Approve v7", cancel_is_default=True)
    qtbot.addWidget(dialog)
    pressed: list[int] = []
    dialog.set_body(Field("Comment"))
    dialog.add_action("Approve", "primary").clicked.connect(lambda: pressed.append(1))
    dialog.open()
    assert dialog.focusWidget() is dialog.cancel_button
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert pressed == []


def test_other_dialogs_start_on_their_first_input_and_enter_acts(
    app: QApplication, qtbot: QtBot
) -> None:
    dialog = Dialog("Open")
    qtbot.addWidget(dialog)
    field = Field("Path")
    dialog.set_body(field)
    dialog.add_action("Open", "primary", closes=True)
    dialog.open()
    assert dialog.focusWidget() is field.edit
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert not dialog.isVisible()


def test_a_wizard_says_where_it_is(app: QApplication, qtbot: QtBot) -> None:
    wizard = Wizard("Import", ("Source", "Verify"))
    qtbot.addWidget(wizard)
    for title in ("Source", "Verify"):
        wizard.add_page(title, "Nothing has been written yet.", QWidget())
    wizard.go_to(1, "Admit")
    assert wizard.step() == 1
    assert wizard.next_button.accessibleName() == "Admit"
    assert wizard.steps.accessibleName() == "Step 2 of 2: Verify"
    assert nameless(wizard) == []


def test_bundled_fonts_are_the_ones_used(app: QApplication) -> None:
    assert QFontInfo(theme().font()).family() == "Inter"
    assert QFontInfo(theme().font("mono")).family() == "JetBrains Mono"
    tabular = theme().font("dense", tabular=True)
    assert theme().width("1111", tabular) == pytest.approx(theme().width("8888", tabular))
    assert theme().width("1111", QFont(theme().font())) < theme().width("8888", theme().font())


def test_every_icon_that_ships_renders(app: QApplication) -> None:
    names = sorted(path.stem for path in (resources_root() / "icons").glob("*.svg"))
    assert len(names) > 80
    for name in names:
        image = icon_pixmap(name, "#ff0000", 16, 1.0).toImage()
        drawn = any(image.pixelColor(x, y).alpha() for x in range(16) for y in range(16))
        assert drawn, name


def test_resources_do_not_climb_out() -> None:
    with pytest.raises(FileNotFoundError):
        resource("icons", "..", "..", "pyproject.toml")


def test_void_calls_of_qt_do_not_use_up_none(app: QApplication, qtbot: QtBot) -> None:
    label = Label("x")
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for _ in range(500):
        label.update()
        label.setText("x")
    assert abs(sys.getrefcount(None) - before) < 250


@pytest.mark.parametrize(
    ("time_us", "words"),
    [(0, "00:00"), (-1, "Yesterday"), (-2 * DAY, "30 Dec 1969"), (None, "—")],
)
def test_times_read_short(time_us: int | None, words: str) -> None:
    assert wording.moment(time_us, 3_600_000_000, UTC) == words


def test_durations_sizes_and_numbers_read_well() -> None:
    assert wording.duration(848_000_000) == "14 m 08 s"
    assert wording.duration(11_100_000_000) == "3 h 05 m"
    assert wording.duration(187_200_000_000) == "2 d 04 h"
    assert wording.size(900) == "0.9 kB"
    assert wording.size(41_800_000) == "41.8 MB"
    assert wording.size(999_960) == "1.0 MB"
    assert wording.size(200_000_000) == "200 MB"
    assert wording.number(-0.94871) == "−0.9487"
    assert wording.number(None) == "—"
    assert wording.signed(-0.00001) == "0.0000"
    assert wording.signed(0.0085) == "+0.0085"
    assert wording.count(1, "run") == "1 run"
    assert wording.remaining(5 * DAY, 0) == "in 5 d"
    assert wording.digest("9f2ac41b77", 2) == "9f2a c41b"


@given(
    st.text(min_size=1).filter(lambda page: page.strip() == page and not set(page) & set("?#")),
    st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=30), max_size=4),
    st.text(max_size=60),
)
def test_any_place_comes_back_from_its_text(page: str, found: dict[str, str], words: str) -> None:
    place = Place.of(page, found, words)
    text = place.to_text()
    if len(text) <= 4_096:
        assert Place.from_text(text) == place
