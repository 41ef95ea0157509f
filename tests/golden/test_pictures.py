# SPDX-License-Identifier: Apache-2.0
"""Every page looks as it was approved, in light and dark.

Pictures depend on Qt's own drawing: they were made offscreen on Linux and are compared there.
After a change of looks: ``ACCEPT_PICTURES=1 pytest tests/golden/test_pictures.py``, then look.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.shell.gallery import EVERY, render_pages
from strongroom.domain.clock import FixedClock
from support.golden_pictures import APPROVED, SHARE, approve, check, difference, fill
from support.left_open import NOTHING
from support.runs_on_disk import START_US

ACCEPTS = os.environ.get("ACCEPT_PICTURES") == "1"
# What these show is of the machine: free space, folders, times of its disk.
OF_THE_MACHINE = {"settings", "monitor", "onboarding"}
LARGEST = 160_000  # bytes; the repository is cloned more often than it is looked at

pytestmark = pytest.mark.pictures


class StillClock(FixedClock):
    """A clock that stands, so that “two hours ago” stays that."""

    def now_us(self) -> int:
        return START_US + 86_400_000_000


@pytest.fixture
def look(qapp: QApplication) -> Theme:
    found = getattr(Theme, "_current", None) or Theme.install(qapp, "light")
    found.switch("light", 1.0)
    yield found
    found.switch("light", 1.0)
    NOTHING.fail_if_more()


@pytest.mark.skipif(sys.platform != "linux", reason="pictures were approved on Linux")
def test_every_page_looks_as_it_was_approved(
    look: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the strip shows where the store lies
    fill(tmp_path / "harbour")
    scenes = [each for each in EVERY if each not in OF_THE_MACHINE]
    made = list(
        render_pages(
            Path("harbour"), tmp_path / "home", tmp_path / "made",
            scenes=scenes, scales=(1.0,), clock=StillClock(),
        )
    )  # fmt: skip
    assert len(made) == 2 * len(scenes) + 1
    if ACCEPTS:
        shutil.rmtree(APPROVED, ignore_errors=True)
        for path in made:
            approve(path)
    wrong = [said for path in made if (said := check(path, tmp_path / "differs"))]
    assert not wrong, "\n".join(wrong)
    assert {path.name for path in APPROVED.glob("*.png")} == {path.name for path in made}
    heavy = {path.name: path.stat().st_size for path in APPROVED.glob("*.png")}
    assert max(heavy.values()) <= LARGEST, heavy


def test_a_picture_with_another_word_is_told_apart(tmp_path: Path, qapp: QApplication) -> None:
    old = QImage(str(APPROVED / "runs-light.png"))
    new = old.copy()
    for x in range(100, 170):
        for y in range(100, 140):
            new.setPixelColor(x, y, QColor("#D03030"))
    share, image = difference(old, new)
    assert share > SHARE
    assert image.pixelColor(120, 120).red() > 200
    new.save(str(tmp_path / "runs-light.png"))
    said = check(tmp_path / "runs-light.png", tmp_path / "aside")
    assert "of the pixels differ" in said
    assert (tmp_path / "aside" / "runs-light-diff.png").is_file()
    assert difference(old, old)[0] == 0.0
