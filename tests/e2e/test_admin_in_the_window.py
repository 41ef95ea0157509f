# SPDX-License-Identifier: Apache-2.0
"""An admin lets somebody in from screen to screen, and ends somebody's rights knowing what it does.

Two windows on two stores with real keys in the keyring; what a scanner would read is read from the
pixels of the screen and typed by the keyboard, as a scanner types.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import zxingcpp

from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from strongroom.bootstrap import Services
from strongroom.desktop.kit.buttons import MenuButton
from strongroom.desktop.people.admit_dialog import AdmitDialog
from strongroom.desktop.people.page import PeoplePage
from strongroom.desktop.people.passphrase_dialog import PassphraseDialog
from strongroom.desktop.people.request_dialog import RequestDialog
from strongroom.desktop.people.revoke_dialog import RevokeDialog
from strongroom.desktop.people.words_grid import WordsGrid
from strongroom.desktop.review.page import ReviewsPage
from strongroom.domain.registry import TransitionRequest
from support.real_window import RealWindow
from support.workplaces import PASSPHRASE, Workplace, found_team, train

pytestmark = pytest.mark.e2e

OpenWindow = Callable[[Path, Path], RealWindow]
Shoot = Callable[[str], None]

MODEL = "tide-gauge"
SHARE = "pier"


def test_somebody_makes_a_key_and_is_let_in_from_screen_to_screen(
    tmp_path: Path, open_window: OpenWindow, shoot: Shoot
) -> None:
    founder, newcomer = (
        Workplace(name, tmp_path / at / "store", tmp_path / at / "home")
        for name, at in (("Mara Lindqvist", "south"), ("Jonas Feld", "north"))
    )
    team = found_team(founder, {}, "Tide ML")
    north = open_window(newcomer.store, newcomer.home)
    words, code = _ask(north, newcomer.name, shoot)
    assert PASSPHRASE.encode() not in b"".join(_bytes_below(newcomer.home))
    south = open_window(founder.store, founder.home)
    _admit(south, code, words, shoot)
    with founder.services() as services, newcomer.services() as theirs:
        joined = next(m for m in services.people.people() if m.name == newcomer.name)
        card = theirs.identities.show()
        assert card is not None
        assert (joined.writer, joined.role) == (card.writer, "analyst")
        _meet(services, theirs, team, tmp_path / "share")
    north.go("Runs")
    page = north.go("People")
    assert isinstance(page, PeoplePage)
    first = QPoint(24, page.tabs.height() // 2)
    north.hands.click(page.tabs, first, then=lambda: page.tabs.current() == "people")
    north.wait_for("Jonas Feld, you", within=page)
    north.wait_for("Analyst, version 2 signed by Mara Lindqvist", within=page)
    shoot("5-north-in-the-team")


def test_a_revocation_says_what_it_changes_and_then_changes_just_that(
    tmp_path: Path, open_window: OpenWindow, shoot: Shoot
) -> None:
    harbour = _harbour(tmp_path)
    real = open_window(harbour.founder.store, harbour.founder.home)
    page = real.go("People")
    assert isinstance(page, PeoplePage)
    real.select(page.table, harbour.approver_key)
    real.press("Revoke…", within=page)
    dialog = real.dialog(RevokeDialog)
    real.wait_for("nothing that was decided", within=dialog)  # who left: what was signed stays
    shoot("1-left")
    _choose(real, dialog.reason, 2)
    real.hands.until(lambda: dialog.reason.current() == "compromised", "the reason is chosen")
    real.fill("Last event to believe", harbour.first_event[:16], within=dialog)
    real.hands.press("Tab")
    real.wait_for(f"{MODEL} v1 to Production: effective becomes lapsed", within=dialog)
    shoot("2-what-it-changes")
    real.press("Revoke", within=dialog)
    real.unlock(PASSPHRASE)
    real.hands.until(lambda: not real.open_dialogs(), "the dialog has closed")
    real.wait_idle()
    real.wait_for("Revoked", within=page)
    shoot("3-revoked")
    told = f"{MODEL} v1 moved to Production on approvals that no longer count"
    real.wait_for(told)
    real.press("Show the request")
    real.hands.until(lambda: isinstance(real.page(), ReviewsPage), "the request is shown")
    real.wait_for(MODEL, within=real.page())
    shoot("4-lapsed")
    with harbour.founder.services() as services:
        approver = next(m for m in services.people.people() if m.writer == harbour.approver_key)
        assert not approver.is_active
        assert {request.status.value for request in _requests(services)} == {"lapsed"}


# -------------------------------------------------------------------- the scenes


def _ask(real: RealWindow, name: str, shoot: Shoot) -> tuple[tuple[str, ...], str]:
    """Makes a key and shows the request; returns its words and what a scanner reads."""
    page = real.go("People")
    assert isinstance(page, PeoplePage)
    last = QPoint(page.tabs.width() - 24, page.tabs.height() // 2)
    real.hands.click(page.tabs, last, then=lambda: page.tabs.current() == "key")
    real.press("Make my key…", within=page)
    making = real.dialog(PassphraseDialog)
    real.fill("Name", name, within=making)
    real.fill("Passphrase", PASSPHRASE, within=making)
    real.fill("The same again", PASSPHRASE, within=making)
    real.press("Make my key", within=making, then=lambda: not real.open_dialogs())
    real.wait_for("The key is locked", within=page)
    shoot("1-key")
    real.press("Show my request…", within=page)
    real.unlock(PASSPHRASE)
    asking = real.dialog(RequestDialog)
    real.hands.until(asking.words.words, "the request is signed and shown")
    real.hands.rest(0.3)
    shoot("2-request")
    code = scanned(real.hands.see())
    words = asking.words.words()
    real.press("Close", within=asking, then=lambda: not real.open_dialogs())
    return words, code


def _admit(real: RealWindow, code: str, words: tuple[str, ...], shoot: Shoot) -> None:
    """The scanner types the code; the words are the same; somebody says so, and signs."""
    page = real.go("People")
    real.press("Admit somebody", within=page)
    dialog = real.dialog(AdmitDialog)
    real.fill("Code of the request", code, within=dialog)
    real.hands.press("Return")
    grid = real.find(WordsGrid, f"Words: {_spoken(words)}", within=dialog)
    assert grid.words() == words
    assert not dialog.admit.isEnabled()
    shoot("3-admit")
    real.press("I have compared them, by voice or in person", within=dialog)
    real.press("Admit", within=dialog)
    real.unlock(PASSPHRASE)
    real.hands.until(lambda: not real.open_dialogs(), "the dialog has closed")
    real.wait_for("Jonas Feld", within=page)
    shoot("4-admitted")


def _choose(real: RealWindow, button: MenuButton, at: int) -> None:
    """Opens the menu of a button and takes an entry by keyboard."""
    real.hands.click(button, then=QApplication.activePopupWidget)
    for _ in range(at + 1):
        real.hands.press("Down")
    real.hands.press("Return", then=lambda: QApplication.activePopupWidget() is None)


def scanned(image: QImage) -> str:
    """Returns what a scanner reads from a picture of the screen."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), -1)
    (found,) = zxingcpp.read_barcodes(np.ascontiguousarray(rows[:, : grey.width()]))
    return found.text


def _spoken(words: tuple[str, ...]) -> str:
    return ", ".join(f"{at} {word}" for at, word in enumerate(words, 1))


def _bytes_below(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def _meet(founder: Services, newcomer: Services, team: str, share: Path) -> None:
    """The newcomer is told the team's id, and takes in what the founder puts on the share."""
    share.mkdir()
    founder.exchange.add(SHARE, share)
    founder.exchange.push(SHARE)
    newcomer.people.trust(team)
    newcomer.exchange.add(SHARE, share)
    newcomer.exchange.pull(SHARE)


def _requests(services: Services) -> list[TransitionRequest]:
    return list(services.workstation.snapshot().state.requests.values())


@dataclass(frozen=True, slots=True)
class Harbour:
    """A team in which one approval brought a version to Production."""

    founder: Workplace
    approver_key: str
    first_event: str


def _harbour(root: Path) -> Harbour:
    """Three people at one store; the approver says hello, then approves."""
    store = root / "desk" / "store"
    founder, analyst, approver = (
        Workplace(name, store, root / "desk" / name.split()[0].lower())
        for name in ("Priya Raman", "Jonas Feld", "Mara Lindqvist")
    )
    found_team(founder, {analyst: "analyst", approver: "release-approver"}, "Harbour ML")
    run = train(store, "ebb", experiment="tides", best=0.9)
    with analyst.services() as services:
        services.registering.register(run, "model", MODEL)
        wish = services.reviews.request(f"{MODEL}/1", "Production", reason="The first one.")
    with approver.services() as services:
        hello = services.workstation.sign("stage.comment", {"request": wish.id, "text": "Reading."})
        services.reviews.approve(wish.id, comment="Looked at every metric.")
        card = services.identities.show()
        assert card is not None
    return Harbour(founder, card.writer, hello.id)
