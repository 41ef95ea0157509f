# SPDX-License-Identifier: Apache-2.0
"""Pictures that README and docs show are there, are of scenes, and are small."""

import re
from pathlib import Path

from strongroom.desktop.shell.gallery import NAMES
from support.doc_pictures import FOLDER, LARGEST, SHOWN, names

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"(?:docs/)?pictures/([\w-]+\.png)")


def test_every_picture_that_is_named_in_the_docs_is_made_by_a_scene_and_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in NAMED.findall(page.read_text("utf-8"))}
    assert named
    assert named <= names()
    assert {path.name for path in FOLDER.glob("*.png")} == names()
    assert {scene for scenes in SHOWN.values() for scene in scenes} <= set(NAMES)
    assert max(path.stat().st_size for path in FOLDER.glob("*.png")) <= LARGEST


def test_the_first_page_shows_the_desktop_in_both_looks() -> None:
    shown = set(NAMED.findall((ROOT / "README.md").read_text("utf-8")))
    assert {f"{scene}-{theme}.png" for scene in ("runs", "compare") for theme in SHOWN} <= shown
    assert any(name.startswith("run-") for name in shown)
    assert any(name.startswith("plots-") for name in shown)
