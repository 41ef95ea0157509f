# SPDX-License-Identifier: Apache-2.0
"""Every page and every dialog of the program is in a scene, so the gallery leaves nothing out."""

import importlib
import pkgutil
from pathlib import Path

import pytest

from PySide6.QtWidgets import QApplication, QDialog

import strongroom.desktop
from strongroom.desktop.kit.dialog import Dialog, Wizard
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.scene import NothingToShow
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.desktop.shell.gallery import NAMES, SPARSE_SCENES, render_pages
from strongroom.desktop.shell.scenes import SCENES
from strongroom.desktop.shell.studio import open_studio
from strongroom.desktop.shell.waiting_page import WaitingPage
from support.golden_story import fill

# What is painted until a page is there is gone before a picture can be taken.
BASES = {Page, Dialog, Wizard, QDialog, SigningDialog, WaitingPage}


def _kinds(base: type[object]) -> set[type[object]]:
    found: set[type[object]] = set()
    for kind in base.__subclasses__():
        found |= {kind} | _kinds(kind)
    return {kind for kind in found if kind.__module__.startswith("strongroom.")}


def test_every_page_and_every_dialog_is_in_a_scene() -> None:
    for module in pkgutil.walk_packages(strongroom.desktop.__path__, "strongroom.desktop."):
        importlib.import_module(module.name)
    kinds = (_kinds(Page) | _kinds(QDialog)) - BASES
    assert len(kinds) > 30
    shown = {scene.shows for scene in SCENES}
    assert sorted(kind.__qualname__ for kind in kinds - shown) == []


def test_each_scene_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) >= SPARSE_SCENES


def test_a_store_without_a_team_leaves_out_what_it_has_nothing_of_and_says_why(
    app: QApplication, tmp_path: Path
) -> None:
    fill(tmp_path / "store")
    said: dict[str, str] = {}
    wanted = ("reviews", "reviews-decide", "exchange-remove", "unlock")
    made = list(
        render_pages(
            tmp_path / "store", tmp_path / "home", tmp_path / "made",
            scenes=wanted, themes=("light",), scales=(1.0,), left_out=said.__setitem__,
        )
    )  # fmt: skip
    assert [path.name for path in made] == ["reviews-light.png"]
    assert set(said) == {f"{name}-light" for name in wanted[1:]}
    assert all(said.values())


def test_what_a_scene_opened_is_closed_before_the_next(app: QApplication, tmp_path: Path) -> None:
    with open_studio(tmp_path / "store", tmp_path / "home") as studio:
        by_name = {scene.name: scene for scene in SCENES}
        by_name["about"].play(studio)
        by_name["settings-changed"].play(studio)
        assert studio.preferences.draft()
        studio.clear()
        assert not studio.preferences.draft()
        assert not [each for each in studio.window.findChildren(QDialog) if each.isVisible()]
        with pytest.raises(NothingToShow):
            studio.dialog(Dialog)
