# SPDX-License-Identifier: Apache-2.0
"""Looks inside an artifact as far as that is safe: pictures and text, bounded; never code.

* Bytes were verified against their digest before they get here.
* Text is shown as text, whatever it says. A file that is not shown says why.
"""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

MOST_TEXT = 1 << 20  # bytes of text shown; more is for an editor
MOST_PICTURE = 32 << 20  # bytes of a picture file read
MOST_PIXELS = 40_000_000  # of a decoded picture: 160 MB
PICTURE_SIDE = 1_600  # px a picture is reduced to for the pane
_PICTURES = {"png": b"png", "jpg": b"jpeg", "jpeg": b"jpeg"}
_DATA = ("json", "jsonl", "yaml", "yml", "toml", "csv", "tsv", "cfg", "ini", "xml")
_WRITTEN = ("txt", "log", "md", "rst", "py", "r", "sql", "sh", "html", "svg")
_TEXTS = frozenset({*_DATA, *_WRITTEN})
_NAMES = frozenset({"mlmodel", "readme", "license", "dockerfile", "makefile"})
_NEVER = {
    "pkl": "Pickle files run code when they are opened, so Strongroom never opens one.",
    "pickle": "Pickle files run code when they are opened, so Strongroom never opens one.",
    "joblib": "Joblib files are pickles and run code when they are opened.",
    "pt": "PyTorch files are pickles and run code when they are opened.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What is shown of a file: a picture, text, or the reason why nothing is."""

    kind: Literal["picture", "text", "none"]
    text: str = ""
    picture: QImage | None = None
    note: str = ""


def bytes_needed(path: str, size_bytes: int) -> int:
    """Returns how many bytes of a file a preview reads, 0 for none."""
    ending = _ending(path)
    if ending in _PICTURES:
        return size_bytes if size_bytes <= MOST_PICTURE else 0
    return min(size_bytes, MOST_TEXT) if _is_text(path) else 0


def refusal(path: str, size_bytes: int) -> Preview:
    """Returns why a file is not shown."""
    ending = _ending(path)
    if ending in _PICTURES:
        note = "The picture is larger than 32 MB. Save it and open it elsewhere."
    elif size_bytes == 0:
        note = "The file is empty."
    else:
        usual = f"There is no preview for .{ending} files." if ending else "There is no preview."
        note = _NEVER.get(ending, f"{usual} Save it and open it elsewhere.")
    return Preview(kind="none", note=note)


def look_inside(path: str, data: bytes, size_bytes: int) -> Preview:
    """Returns what to show of a file, given the bytes `bytes_needed` asked for."""
    if _ending(path) in _PICTURES:
        return _picture(path, data)
    if b"\x00" in data:
        return Preview(kind="none", note="The file says it is text, but it holds binary data.")
    text = data.decode("utf-8", errors="replace")
    note = "" if size_bytes <= len(data) else "Only the first 1 MiB is shown."
    return Preview(kind="text", text=text, note=note)


def _picture(path: str, data: bytes) -> Preview:
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(_PICTURES[_ending(path)]))
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid():
        return Preview(kind="none", note="The picture cannot be read: its header is damaged.")
    if size.width() * size.height() > MOST_PIXELS:
        return Preview(kind="none", note="The picture has more than 40 million pixels.")
    most = QSize(PICTURE_SIDE, PICTURE_SIDE)
    if size.width() > PICTURE_SIDE or size.height() > PICTURE_SIDE:
        reader.setScaledSize(size.scaled(most, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        return Preview(kind="none", note="The picture cannot be read: it is damaged.")
    return Preview(
        kind="picture", picture=image, note=f"{size.width():,} x {size.height():,} pixels"
    )


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def _is_text(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return _ending(path) in _TEXTS or name in _NAMES
