# SPDX-License-Identifier: Apache-2.0
"""Approved pictures of pages: the store they show, and how a new one is held beside the old.

* Hinting and antialiasing may shift a shade: a pixel differs when a channel is off by more than
  `SHADE`, and a picture when more than `SHARE` of its pixels do.
"""

import math
from pathlib import Path

import numpy as np

from PySide6.QtGui import QImage, QImageWriter

from support.runs_on_disk import START_US, write_run

SHADE = 24  # of 255
STEP = 16  # between two shades that are kept; half of it is lost, well below `SHADE`
SHARE = 0.002  # of the pixels: a word that changed is more, an antialiased edge less
APPROVED = Path(__file__).resolve().parents[1] / "golden" / "pictures"
POINTS = 60


def fill(store: Path) -> None:
    """Writes a dozen finished runs with curves, params, tags and files; always the same."""
    for number in range(12):
        rate = (0.3, 0.1, 0.03)[number % 3]
        falls = [
            math.exp(-step * rate / 3) + 0.02 * math.sin(step * 1.7 + number)
            for step in range(POINTS)
        ]
        write_run(
            store,
            number + 1,
            experiment=("digits", "fraud")[number % 2],
            name=f"calm-heron-{number + 1:02}",
            params={"lr": rate, "depth": 3 + number % 4, "booster": ("gbdt", "dart")[number % 2]},
            tags={"team": "harbour"},
            metrics={
                "train/loss": falls,
                "val/loss": [each * 1.1 + 0.05 for each in falls],
                "val/auc": [0.96 - each * 0.4 + number / 1000 for each in falls],
            },
            artifacts={
                "report.md": b"# Report\n\nEverything is **calm**.\n",
                "data/rows.csv": b"name,score\nheron,0.91\nowl,0.88\n",
            },
            status="FAILED" if number == 4 else "FINISHED",
            started_us=START_US + number * 3_600_000_000,
        )


def difference(old: QImage, new: QImage) -> tuple[float, QImage]:
    """Returns the share of pixels that differ, and a picture with them in red."""
    if old.size() != new.size():
        return 1.0, new
    first, second = _pixels(old), _pixels(new)
    differs = (np.abs(first.astype(int) - second.astype(int)) > SHADE).any(axis=2)
    shown = second // 3 + 160
    shown[differs] = (40, 40, 230, 255)
    data = np.ascontiguousarray(shown)
    image = QImage(data.tobytes(), new.width(), new.height(), QImage.Format.Format_RGB32)
    return float(differs.mean()), image.copy()


def approve(path: Path) -> None:
    """Keeps a picture for the next time, with fewer shades: a third of the bytes.

    Raises:
        OSError: If it cannot be written.
    """
    APPROVED.mkdir(parents=True, exist_ok=True)
    pixels = _pixels(QImage(str(path)))
    coarse = np.minimum(np.round(pixels / STEP) * STEP, 255).astype(np.uint8)
    height, width = coarse.shape[:2]
    image = QImage(coarse.tobytes(), width, height, QImage.Format.Format_RGB32)
    writer = QImageWriter(str(APPROVED / path.name), b"png")
    writer.setCompression(100)
    if not writer.write(image):
        raise OSError(f"cannot write {path.name}: {writer.errorString()}")


def check(new_path: Path, aside: Path) -> str:
    """Returns what is wrong with a picture, "" if it is as approved; leaves old, new and diff.

    Args:
        new_path: The picture that was just made.
        aside: Where the three pictures go if they differ.
    """
    old_path = APPROVED / new_path.name
    new = QImage(str(new_path))
    if not old_path.exists():
        return f"{new_path.name} was never approved; it lies at {new_path}"
    old = QImage(str(old_path))
    share, image = difference(old, new)
    if share <= SHARE:
        return ""
    aside.mkdir(parents=True, exist_ok=True)
    paths = {kind: aside / f"{new_path.stem}-{kind}.png" for kind in ("old", "new", "diff")}
    for kind, each in (("old", old), ("new", new), ("diff", image)):
        each.save(str(paths[kind]))
    where = ", ".join(map(str, paths.values()))
    return f"{new_path.name}: {share:.2%} of the pixels differ ({where})"


def _pixels(image: QImage) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    shape = (plain.height(), plain.bytesPerLine() // 4, 4)
    return np.frombuffer(plain.constBits(), np.uint8).reshape(shape)[:, : plain.width()].copy()
