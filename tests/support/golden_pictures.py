# SPDX-License-Identifier: Apache-2.0
"""Approved pictures of pages: how a new one is held beside the old.

* Hinting and antialiasing may shift a shade: a pixel differs when a channel is off by more than
  `SHADE`, and a picture when more than `SHARE` of its pixels do.
"""

from pathlib import Path

import numpy as np

from PySide6.QtGui import QImage, QImageWriter

SHADE = 24  # of 255
SHARE = 0.002  # of the pixels: a word that changed is more, an antialiased edge less
MOST_COLOURS = 256
STEPS = (8, 12, 16, 24, 32)  # between two shades that are kept; half is lost, below `SHADE`
APPROVED = Path(__file__).resolve().parents[1] / "golden" / "pictures"


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
    """Keeps a picture for the next time, with a palette: a quarter of the bytes.

    Raises:
        OSError: If it cannot be written.
    """
    APPROVED.mkdir(parents=True, exist_ok=True)
    writer = QImageWriter(str(APPROVED / path.name), b"png")
    writer.setCompression(100)
    if not writer.write(coarse(QImage(str(path)))):
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


def coarse(image: QImage) -> QImage:
    """Returns a picture with as many shades as a palette of 256 colours can hold, if any can."""
    pixels = _pixels(image)
    height, width = pixels.shape[:2]
    for step in STEPS:
        shades = np.minimum(np.round(pixels / step) * step, 255).astype(np.uint32)
        value = shades[..., 2] << 16 | shades[..., 1] << 8 | shades[..., 0]
        colours, places = np.unique(value, return_inverse=True)
        if len(colours) <= MOST_COLOURS:
            rows = places.reshape(height, width).astype(np.uint8)
            wide = np.pad(rows, ((0, 0), (0, -width % 4)))  # Qt takes lines of whole words
            made = QImage(
                wide.tobytes(), width, height, wide.shape[1], QImage.Format.Format_Indexed8
            )
            found = made.copy()  # the bytes above go away
            found.setColorTable([0xFF000000 | int(colour) for colour in colours])
            return found
    return image
