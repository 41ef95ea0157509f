# SPDX-License-Identifier: Apache-2.0
"""At 150 % no word of a form is cut off by a width that was meant for 100 %."""

from collections.abc import Iterator
from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from PySide6.QtWidgets import QApplication, QWidget

from strongroom.desktop.audit.verify_dialog import VerifyDialog
from strongroom.desktop.exchange.dialogs import AddPlaceDialog
from strongroom.desktop.exchange.quarantine_view import QuarantineView
from strongroom.desktop.exchange.secrets_dialog import SecretsDialog
from strongroom.desktop.exchange.stick_bar import StickBar
from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.people.member_pane import MOST_WIDTH, PANE_WIDTH, MemberPane
from strongroom.desktop.people.role_form import RoleForm
from strongroom.domain.secret import SecretFinding
from strongroom.services.sticks import Stick

FINDING = SecretFinding(
    object="0" * 64, owner="run calm-owl of churn", path="sealed.json", place="param db_password",
    rule="named-password", title="a password", hint="9 characters",
)  # fmt: skip
STICK = Stick(
    folder="/media/ben/HARBOUR-07", label="HARBOUR-07", filesystem="exfat", is_writable=True,
    free_bytes=7_000_000_000,
)  # fmt: skip


@pytest.fixture
def large(app: QApplication) -> Iterator[None]:
    look = theme()
    look.switch(look.tokens.name, 1.5)
    yield
    look.switch(look.tokens.name, 1.0)


def cut(widget: QWidget) -> list[str]:
    """Returns the words on one line that have less room than they need."""
    return [
        label.text()
        for label in widget.findChildren(Label)
        if label.isVisible() and not label.wordWrap() and label.width() < label.sizeHint().width()
    ]


def forms() -> list[QWidget]:
    none = cast("object", None)  # what would be asked when somebody presses a button
    return [
        SecretsDialog(none, none, "share", [FINDING]),  # type: ignore[arg-type]
        AddPlaceDialog(none, none),  # type: ignore[arg-type]
        VerifyDialog(none, none, "7f" * 32),  # type: ignore[arg-type]
        RoleForm("analyst"),
        QuarantineView(),
        MemberPane(),
    ]


def test_no_word_of_a_form_is_cut_at_150_percent(large: None, qtbot: QtBot) -> None:
    for form in forms():
        qtbot.addWidget(form)
        form.show()
        qtbot.waitExposed(form)
        assert cut(form) == [], type(form).__name__


def test_a_form_that_is_open_grows_with_the_text(app: QApplication, qtbot: QtBot) -> None:
    label, pane = form_label("Believe up to", 120), MemberPane()
    for widget in (label, pane):
        qtbot.addWidget(widget)
    look = theme()
    for scale in (1.0, 1.5, 2.0, 1.0):
        look.switch(look.tokens.name, scale)
        assert label.width() == look.scaled(120) == round(120 * scale)
        assert pane.width() == min(MOST_WIDTH, round(PANE_WIDTH * scale))


def test_the_name_of_a_stick_has_the_room_of_its_letters(large: None, qtbot: QtBot) -> None:
    bar = StickBar()
    qtbot.addWidget(bar)
    bar.resize(1400, 60)
    bar.show_sticks([STICK], {}, has_team=True)
    bar.show()
    (name,) = [each for each in bar.findChildren(MarkLabel) if each.isVisible()]
    look = theme()
    assert name.width() >= look.width(STICK.label, look.font("dense")) + look.scaled(24)
