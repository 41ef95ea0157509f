# SPDX-License-Identifier: Apache-2.0
"""An operator carries a stick: from plugging it in to taking it out in at most eight presses.

The stick is a real exFAT file system where desktops mount what is plugged in; what the operator
brings home is read back by the person who sent it, from the same stick, after it was unmounted.
"""

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from strongroom.desktop.exchange.import_wizard import ImportWizard
from strongroom.desktop.exchange.page import ExchangePage
from support.plugged import ROOT
from support.real_window import RealWindow
from support.shares import Stick, missing_for_exfat
from support.workplaces import Workplace, found_team, train
from support.xdo import Hands

pytestmark = pytest.mark.e2e

OpenWindow = Callable[[Path, Path], RealWindow]
Shoot = Callable[[str], None]

LABEL = "STICK-04"
MOST_PRESSES = 8


@dataclass(frozen=True, slots=True)
class Errand:
    """Who sends, who carries, and the stick, which is not plugged in."""

    sender: Workplace
    operator: Workplace
    stick: Stick


@pytest.fixture
def errand(tmp_path: Path) -> Iterator[Errand]:
    """Two models are on the stick; a file of one was damaged on the way."""
    reason = missing_for_exfat()
    if reason:
        pytest.skip(f"no exFAT stick: {reason}")
    user = ROOT / f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    user.mkdir(parents=True)
    stick = Stick(tmp_path / "stick.img", user / LABEL)
    stick.format(64 << 20)
    sender, operator = (
        Workplace(name, tmp_path / at / "store", tmp_path / at / "home")
        for name, at in (("Jonas Feld", "lab"), ("Mara Lindqvist", "plant"))
    )
    found_team(operator, {sender: "analyst"}, "Wine ML")
    stick.put_in()
    _load(sender, operator, stick.folder / "strongroom")
    stick.take_out()
    yield Errand(sender, operator, stick)
    subprocess.run(["umount", "-l", str(stick.folder)], check=False, capture_output=True)
    stick.detach()
    stick.folder.rmdir()
    user.rmdir()


def _load(sender: Workplace, operator: Workplace, place: Path) -> None:
    place.mkdir()
    with operator.services() as services:
        services.exchange.add("on the way", place)
        services.exchange.push("on the way")
    with sender.services() as services:
        services.exchange.add(LABEL, place)
        services.exchange.pull(LABEL)
        for name, model in (("ripe-plum", "wine-taster"), ("dry-oak", "wine-origin")):
            run = train(sender.store, name, experiment="wine", best=0.96)
            services.registering.register(run, "model", model)
        services.exchange.push(LABEL)
    with operator.services() as services:  # it has forgotten the place, and has news of its own
        services.workstation.home.save_remotes(())
        run = train(operator.store, "late-frost", experiment="wine", best=0.9)
        services.registering.register(run, "model", "wine-keeper")
    victim = max((place / "obj").glob("*/*"), key=lambda path: (path.stat().st_size, path.name))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)


class Presses:
    """Counts what the mouse presses."""

    def __init__(self, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        press = hands.click

        def click(
            widget: QWidget,
            at: QPoint | None = None,
            *,
            then: Callable[[], object] | None = None,
        ) -> None:
            self.count += 1
            press(widget, at, then=then)

        monkeypatch.setattr(hands, "click", click)


def test_from_plugging_in_to_safe_to_remove_in_at_most_eight_presses(
    errand: Errand,
    hands: Hands,
    open_window: OpenWindow,
    shoot: Shoot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = open_window(errand.operator.store, errand.operator.home)
    presses = Presses(hands, monkeypatch)
    errand.stick.put_in()
    hands.until(lambda: LABEL in real.words(), "the window has noticed the stick by itself")
    shoot("1-noticed")
    page = real.go("Exchange")
    assert isinstance(page, ExchangePage)
    real.wait_for("Holds a place of this team", within=page)
    shoot("2-plugged-in")
    real.press(f"Import from {LABEL}", within=page)
    wizard = real.dialog(ImportWizard)
    real.wait_for("Choose what to admit", within=wizard)
    real.wait_for("Rejected", within=wizard)
    real.wait_idle()
    shoot("3-verified")
    (admit,) = [each for each in real.buttons(within=wizard) if each.startswith("Admit ")]
    real.press(admit, within=wizard)
    real.wait_for("1 copy in quarantine", within=wizard)
    shoot("4-report")
    real.press("Done", within=wizard, then=lambda: not real.open_dialogs())
    real.wait_idle()
    real.press(f"Bring what {LABEL} lacks", within=page)
    real.wait_for("Went out: ", within=page)
    real.wait_idle()
    shoot("5-brought")
    real.press(f"Make {LABEL} safe to remove", within=page)
    real.wait_for(f"{LABEL} is safe to remove", within=page)
    shoot("6-safe")
    assert presses.count <= MOST_PRESSES
    assert not os.path.ismount(errand.stick.folder), "it can be pulled"
    real.wait_idle()
    _read_elsewhere(errand)


def _read_elsewhere(errand: Errand) -> None:
    """Plugs the stick in where it came from: what was brought is on it, whole."""
    errand.stick.detach()
    assert errand.stick.is_sound()
    with errand.operator.services() as services:
        (item,) = services.exchange.quarantined()
        assert item.code == "E-HASH"
        (record,) = [each for each in services.exchange.reports.kept() if each.means == "import"]
        assert (record.state, record.rejected > 0) == ("done", True)
        here = services.registry.state().digest
        shown = [services.registry.show(f"{name}/1") for name in _MODELS]
        whole = [each for each in shown if each.is_content_here]
    assert len(whole) == 2, "the damaged one is not here, the other is, and the operator's own"
    errand.stick.put_in()
    with errand.sender.services() as services:
        services.exchange.pull(LABEL)
        assert services.registry.show("wine-keeper/1").is_content_here
        assert services.registry.state().digest == here
    errand.stick.take_out()


_MODELS = ("wine-taster", "wine-origin", "wine-keeper")
