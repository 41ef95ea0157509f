# SPDX-License-Identifier: Apache-2.0
"""Two windows, two homes, two stores, one folder between them; and an auditor with a script."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from strongroom.desktop.audit.export_dialog import ExportDialog
from strongroom.desktop.audit.page import AuditPage
from strongroom.desktop.audit.verify_dialog import VerifyDialog
from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.page import ExchangePage
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.review.page import ReviewsPage
from strongroom.desktop.review.transition_dialog import TransitionDialog
from support.audit_script import run_script
from support.real_window import RealWindow
from support.workplaces import PASSPHRASE, Workplace, found_team, train

pytestmark = pytest.mark.e2e

OpenWindow = Callable[[Path, Path], RealWindow]
Shoot = Callable[[str], None]

MODEL = "wine-taster"
SHARE = "cellar"


@dataclass(frozen=True, slots=True)
class Cellar:
    """Two people who meet nowhere but in a folder."""

    analyst: Workplace
    founder: Workplace
    share: Path
    team: str


@pytest.fixture(scope="module")
def cellar(tmp_path_factory: pytest.TempPathFactory) -> Cellar:
    """The analyst registered a version and asked for Production; nobody else knows it yet."""
    root = tmp_path_factory.mktemp("cellar")
    analyst, founder = (
        Workplace(name, root / at / "store", root / at / "home")
        for name, at in (("Jonas Feld", "north"), ("Mara Lindqvist", "south"))
    )
    team = found_team(founder, {analyst: "analyst"}, "Wine ML")
    share = root / "share"
    share.mkdir()
    with founder.services() as services:
        services.exchange.add(SHARE, share)
        services.exchange.push(SHARE)
    with analyst.services() as services:
        services.exchange.add(SHARE, share)
        services.exchange.pull(SHARE)
        run = train(analyst.store, "ripe-plum", experiment="wine", best=0.96)
        services.registering.register(run, "model", MODEL)
        services.reviews.request(f"{MODEL}/1", "Production", reason="Knows red from white.")
    return Cellar(analyst, founder, share, team)


def test_a_version_travels_is_approved_proved_and_comes_home(
    cellar: Cellar, open_window: OpenWindow, shoot: Shoot, tmp_path: Path
) -> None:
    north = open_window(cellar.analyst.store, cellar.analyst.home)
    _sync(north, "Went out: ")
    shoot("1-north-synced")
    south = open_window(cellar.founder.store, cellar.founder.home)
    _import(south, shoot)
    _approve(south)
    package = tmp_path / "audit-wine-taster"
    _export(south, package, shoot)
    _verify(south, package, shoot)
    code, said = run_script(package, "--team", cellar.team, script=package / "data" / "verify.py")
    assert code == 0, said
    assert "Mara Lindqvist" in said
    _sync(south, "Went out: ")
    _sync(north, "Came in: ")
    shoot("7-north-again")
    north.go("Models")
    north.wait_for("Approved by Mara Lindqvist", within=north.page())
    north.wait_for("Production", within=north.page())
    shoot("8-north-production")
    with cellar.analyst.services() as here, cellar.founder.services() as there:
        assert here.registry.version(f"{MODEL}/1").stage == "Production"
        assert here.registry.state().digest == there.registry.state().digest


# -------------------------------------------------------------------- the scenes


def _sync(real: RealWindow, says: str) -> None:
    page = real.go("Exchange")
    assert isinstance(page, ExchangePage)
    real.press("Sync now", within=page)
    real.wait_for(says, within=page)
    real.wait_idle()
    assert f"{says}nothing" not in real.words(page)
    assert "Rejected" not in real.words(page)


def _import(real: RealWindow, shoot: Shoot) -> None:
    """The wizard verifies, shows what is new, takes it in, and says what it did."""
    page = real.go("Exchange")
    assert isinstance(page, ExchangePage)
    real.select(page.places.table, SHARE)
    real.press("Import…", within=page)
    wizard = real.dialog(ImportWizard)
    real.hands.until(lambda: wizard.source() == SHARE, "the selected place is the source")
    shoot("2-wizard-source")
    real.press("Verify", within=wizard)
    real.wait_for("Choose what to admit", within=wizard)
    real.wait_for(f"{MODEL} v1", within=wizard)
    shoot("3-wizard-found")
    with_words = [one for one in real.buttons(within=wizard) if one.startswith("Admit ")]
    assert len(with_words) == 1
    real.press(with_words[0], within=wizard)
    real.wait_for("Report", within=wizard)
    real.press("Done", within=wizard, then=lambda: not real.open_dialogs())
    real.wait_idle()
    shoot("4-taken")


def _approve(real: RealWindow) -> None:
    page = real.go("Reviews")
    assert isinstance(page, ReviewsPage)
    real.wait_for(f"{MODEL} v1", within=page)
    real.hands.until(page.table.selected, "the request is selected")
    real.wait_idle()
    real.press("Review", within=page)
    dialog = real.dialog(TransitionDialog)
    real.press("Approve", within=dialog)
    real.unlock(PASSPHRASE)
    real.hands.until(lambda: not real.open_dialogs(), "the dialog has closed")
    real.wait_idle()
    real.wait_for("Applied", within=page)


def _export(real: RealWindow, package: Path, shoot: Shoot) -> None:
    """The folder is typed; the heading says when the package is written."""
    page = real.go("Audit")
    assert isinstance(page, AuditPage)
    real.press("Export package…", within=page)
    dialog = real.dialog(ExportDialog)
    real.wait_for(f"{MODEL} v1, Production", within=dialog)
    real.fill("Folder", str(package), within=dialog)
    real.press("Export", within=dialog)

    def is_answered() -> bool:
        asks = any(isinstance(one, UnlockDialog) for one in real.open_dialogs())
        return asks or "The package is written" in real.words(dialog)

    real.hands.until(is_answered, "the package is written, or the passphrase is asked for")
    if "The package is written" not in real.words(dialog):
        real.unlock(PASSPHRASE)
    real.wait_for("The package is written", within=dialog)
    shoot("5-exported")
    assert real.button("Close", within=dialog).hasFocus()
    assert (package / "bagit.txt").is_file()
    real.press("Close", within=dialog, then=lambda: not real.open_dialogs())


def _verify(real: RealWindow, package: Path, shoot: Shoot) -> None:
    """The dialog says the sentence of the script; after one changed byte it says so."""
    real.press("Verify a package…", within=real.page())
    dialog = real.dialog(VerifyDialog)
    real.fill("Package", str(package), within=dialog)
    real.press("Verify", within=dialog)
    real.wait_for("Valid and trusted", within=dialog)
    said = real.words(dialog)
    assert MODEL in said
    assert "Mara Lindqvist" in said
    shoot("6-verified")
    card = next(package.rglob("weights.bin"))
    kept = card.read_bytes()
    card.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
    real.press("Verify", within=dialog)
    real.wait_for("Does not match", within=dialog)
    shoot("6-tampered")
    card.write_bytes(kept)
    real.press("Close", within=dialog, then=lambda: not real.open_dialogs())
