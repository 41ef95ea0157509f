# SPDX-License-Identifier: Apache-2.0
"""The pictures of README and docs: which scenes, on the demo store, and how they are made again.

``python tests/support/doc_pictures.py STORE`` writes them; STORE is a copy of the demo store,
given relative to where one stands: the strip shows it.
"""

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QApplication

from strongroom.demo.people import usual_home
from strongroom.desktop.kit.theme import Theme
from strongroom.desktop.kit.tokens import ThemeName
from strongroom.desktop.shell.gallery import render_pages

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
SHOWN: dict[ThemeName, tuple[str, ...]] = {
    "light": (
        "runs", "compare", "run", "plots-parallel", "models", "reviews", "exchange", "audit",
        "monitor", "people", "people-access",
    ),
    "dark": ("runs", "compare", "run-metrics", "plots-scatter"),
}  # fmt: skip
LARGEST = 300_000  # bytes of one picture


def names() -> set[str]:
    """Returns the files that there are."""
    return {f"{scene}-{theme}.png" for theme, scenes in SHOWN.items() for scene in scenes}


def make(store: Path, target: Path = FOLDER) -> list[Path]:
    """Renders the pictures and returns their paths; others in the folder go away."""
    for old in target.glob("*.png"):
        if old.name not in names():
            old.unlink()
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for theme, scenes in SHOWN.items():
            for path in render_pages(
                store, usual_home(store), Path(folder),
                scenes=scenes, themes=(theme,), scales=(1.0,),
            ):  # fmt: skip
                writer = QImageWriter(str(target / path.name), b"png")
                writer.setCompression(100)
                # In all its colours: fewer shades make one run look like another.
                if not writer.write(QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)):
                    raise OSError(f"cannot write {path.name}: {writer.errorString()}")
                made.append(target / path.name)
    return made


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    Theme.install(application, "light")
    for each in make(Path(sys.argv[1])):
        print(each, each.stat().st_size)
