# SPDX-License-Identifier: Apache-2.0
"""Every page looks as it was approved, in light and dark; every dialog in light.

Pictures depend on Qt's own drawing: they were made offscreen on Linux and are compared there.
After a change of looks: ``ACCEPT_PICTURES=1 pytest tests/golden/test_pictures.py``, then look.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.kit.tokens import ThemeName
from strongroom.desktop.shell.gallery import NAMES, render_pages
from strongroom.desktop.shell.studio import WindowStudio
from strongroom.domain.clock import FixedClock
from support.golden_pictures import APPROVED, SHARE, approve, check, difference
from support.golden_story import NOW_US, tell
from support.left_open import NOTHING

ACCEPTS = os.environ.get("ACCEPT_PICTURES") == "1"
# What these show is of the machine: its folders, free space, versions of its libraries.
OF_THE_MACHINE = {
    "settings",
    "about",
    "crash",
    "support",
    "onboarding",
    "store-health",
    "backups",
    "runs-resume",
}
OF_TWO_ADMINS = {"people-cosign", "people-fork", "people-put-aside"}  # the story has one
OF_DATA = {"run-data", "compare-data"}  # the story's runs logged no profile of their data
WITH_A_NONCE = {"people-request"}  # a request has other words each time it is made
IN_LIGHT = tuple(
    name for name in NAMES if name not in OF_THE_MACHINE | OF_TWO_ADMINS | OF_DATA | WITH_A_NONCE
)
IN_DARK = (
    "runs", "runs-grouped", "plots-scatter", "plots-parallel", "plots-box", "plots-bars",
    "run", "run-metrics", "contracts", "artifacts", "compare", "compare-texts", "models",
    "reviews", "reviews-decide", "exchange", "exchange-verified", "audit", "monitor", "people",
    "people-admit", "people-key", "alarms",
    "settings-found", "palette", "notices", "unlock",
)  # fmt: skip
IN_CONTRAST = ("runs", "compare")
LARGEST = 160_000  # bytes of one picture; the repository is cloned more often than looked at
ALL_OF_THEM = 6_000_000  # bytes

pytestmark = pytest.mark.pictures


class StillClock(FixedClock):
    """A clock that stands, so that “two hours ago” stays that."""

    def now_us(self) -> int:
        return NOW_US


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Theme]:
    found = getattr(Theme, "_current", None) or Theme.install(qapp, "light")
    found.switch("light", 1.0)
    yield found
    found.switch("light", 1.0)
    NOTHING.fail_if_more()


@pytest.fixture
def stayed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Fills with the dialogs that a window still has after a scene has been cleared away."""
    found: set[str] = set()
    clear = WindowStudio.clear

    def look(studio: WindowStudio) -> None:
        clear(studio)
        found.update(type(each).__name__ for each in studio.window.findChildren(Dialog))

    monkeypatch.setattr(WindowStudio, "clear", look)
    return found


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store that is shown; it is told once."""
    folder = tmp_path_factory.mktemp("story")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # the windows show where stores and shares lie
        tell(Path("harbour"), Path("home"))
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="pictures were approved on Linux")
@pytest.mark.parametrize(
    ("theme", "scenes"),
    [("light", IN_LIGHT), ("dark", IN_DARK), ("high-contrast", IN_CONTRAST)],
)
def test_every_page_looks_as_it_was_approved(
    look: Theme,
    workplace: Path,
    theme: ThemeName,
    scenes: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    stayed: set[str],
) -> None:
    monkeypatch.chdir(workplace)
    left_out: list[tuple[str, str]] = []
    made = list(
        render_pages(
            Path("harbour"), Path("home"), tmp_path / "made",
            scenes=scenes, themes=(theme,), scales=(1.0,), clock=StillClock(),
            left_out=lambda name, why: left_out.append((name, why)),
        )
    )  # fmt: skip
    assert not left_out, "the story has something for every scene"
    assert [path.name for path in made] == [f"{name}-{theme}.png" for name in scenes]
    assert not stayed, "a dialog that was left goes"
    if ACCEPTS:
        for path in made:
            approve(path)
    wrong = [said for path in made if (said := check(path, tmp_path / "differs"))]
    assert not wrong, "\n".join(wrong)


def test_there_is_an_approved_picture_for_each_scene_and_no_other() -> None:
    wanted = {
        f"{name}-{theme}.png"
        for theme, names in (("light", IN_LIGHT), ("dark", IN_DARK), ("high-contrast", IN_CONTRAST))
        for name in names
    }
    if ACCEPTS:
        for path in APPROVED.glob("*.png"):
            if path.name not in wanted:
                path.unlink()
    sizes = {path.name: path.stat().st_size for path in APPROVED.glob("*.png")}
    assert set(sizes) == wanted
    assert max(sizes.values()) <= LARGEST, sizes
    assert sum(sizes.values()) <= ALL_OF_THEM


def test_a_picture_with_another_word_is_told_apart(tmp_path: Path, qapp: QApplication) -> None:
    old = QImage(str(APPROVED / "runs-light.png")).convertToFormat(QImage.Format.Format_RGB32)
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
