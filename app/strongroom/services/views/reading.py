# SPDX-License-Identifier: Apache-2.0
"""Reads a file in one way: the one place that knows which reader answers which kind.

* Every limit is named beside its reader. What goes over it becomes a sentence, not a fault.
"""

from collections.abc import Callable
from typing import BinaryIO

from strongroom.domain.errors import Untrusted
from strongroom.domain.progress import Progress
from strongroom.models.bounded import BoundedStream
from strongroom.services.views import kinds, text
from strongroom.services.views.documents import (
    MAX_DOCUMENT_BYTES,
    json_lines_tree,
    json_tree,
    yaml_tree,
)
from strongroom.services.views.histograms import MAX_HISTOGRAM_BYTES, histogram
from strongroom.services.views.markdown import MAX_PAGE_BYTES, page
from strongroom.services.views.matrices import MAX_MATRIX_BYTES, matrix
from strongroom.services.views.notebooks import MAX_NOTEBOOK_BYTES, notebook
from strongroom.services.views.programs import program
from strongroom.services.views.shapes import (
    Body,
    BytesView,
    DocumentView,
    Kind,
    NoView,
    PictureView,
)
from strongroom.services.views.sounds import sound
from strongroom.services.views.svg import NotDrawable, clean_svg
from strongroom.services.views.tables import PAGE_ROWS, Tables

MAX_PDF_BYTES = 16 << 20
JSON_LINES_BYTES = 4 << 20
MAX_PICTURE_BYTES = 16 << 20  # one read; a plot has 100 kB
BYTES_AT_ONCE = 16 * 1024
_FORMATS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"RIFF", "webp"),
)

Reader = Callable[[BinaryIO, int, str, str, Progress], Body]
"""Takes an open file, its size, its path, its digest, and a progress."""


class Readers:
    """Answers ``read(kind, …)``; keeps the row indexes of the tables it has seen."""

    def __init__(self) -> None:
        self.tables = Tables()
        self._readers: dict[Kind, Reader] = {
            "picture": _picture,
            "table": self._table,
            "text": _text,
            "bytes": _bytes,
            "tree": _tree,
            "page": _page,
            "matrix": _matrix,
            "histogram": _histogram,
            "program": _program,
            "notebook": _notebook,
            "sound": _sound,
            "document": _document,
        }

    def offered(self, path: str, head: bytes) -> tuple[Kind, ...]:
        """Returns the ways to look at a file, the best one first."""
        found = kinds.ways(path, head)
        return tuple(kind for kind in found if kind in self._readers or kind == "none")

    def read(
        self,
        kind: Kind,
        file: BinaryIO,
        size: int,
        path: str,
        sha256: str,
        progress: Progress,
    ) -> Body:
        """Returns what is seen of a file in one way; never raises for what the file holds."""
        try:
            return self._readers[kind](file, size, path, sha256, progress)
        except Untrusted as error:
            return NoView(why=f"{error.title}. {error.advice}")

    def rows(
        self,
        file: BinaryIO,
        size: int,
        path: str,
        sha256: str,
        start: int,
        count: int,
        progress: Progress,
    ) -> Body:
        """Returns a page of a table; never raises for what the file holds."""
        try:
            return self.tables.page(file, size, path, sha256, start, count, progress)
        except Untrusted as error:
            return NoView(why=f"{error.title}. {error.advice}")

    def _table(self, file: BinaryIO, size: int, path: str, sha256: str, progress: Progress) -> Body:
        return self.tables.page(file, size, path, sha256, 0, PAGE_ROWS, progress)


def _text(file: BinaryIO, size: int, path: str, _sha256: str, _progress: Progress) -> Body:
    return text.part_from(BoundedStream(file), size, 0, path=path, first_line=1)


def _bytes(file: BinaryIO, size: int, _path: str, _sha256: str, _progress: Progress) -> Body:
    return bytes_at(file, size, 0)


def bytes_at(file: BinaryIO, size: int, start: int) -> BytesView:
    """Returns some bytes from ``start``, in whole lines of sixteen."""
    at = max(0, min(start, size - 1)) // 16 * 16
    file.seek(at)
    return BytesView(start=at, data=file.read(BYTES_AT_ONCE), size_bytes=size)


def _picture(file: BinaryIO, size: int, path: str, _sha256: str, _: Progress) -> Body:
    if size > MAX_PICTURE_BYTES:
        return NoView(
            why=f"The picture has more than {MAX_PICTURE_BYTES >> 20} MiB. Save it to look at it."
        )
    data = file.read(size)
    found = next((name for magic, name in _FORMATS if data.startswith(magic)), "")
    if found:
        return PictureView(data=data, format=found)  # type: ignore[arg-type]  # one of the table
    if kinds.ending(path) != "svg":
        return NoView(why="The file is named like a picture, but its bytes are none.")
    try:
        cleaned, note = clean_svg(data)
    except NotDrawable as error:
        return NoView(why=f"The drawing is not shown: {error}.")
    return PictureView(data=cleaned, format="svg", note=note)


def _tree(file: BinaryIO, size: int, path: str, _sha256: str, _progress: Progress) -> Body:
    end = kinds.ending(path)
    if end in {"jsonl", "ndjson"}:
        data = BoundedStream(file).read(min(size, JSON_LINES_BYTES))
        return json_lines_tree(data, is_whole=len(data) >= size)
    data = BoundedStream(file).read(min(size, MAX_DOCUMENT_BYTES + 1))
    return json_tree(data) if end == "json" else yaml_tree(data, path)


def _page(file: BinaryIO, size: int, _path: str, _sha256: str, _progress: Progress) -> Body:
    return page(file.read(MAX_PAGE_BYTES), size)


def _matrix(file: BinaryIO, _size: int, path: str, _sha256: str, _progress: Progress) -> Body:
    return matrix(file.read(MAX_MATRIX_BYTES + 1), is_json=kinds.ending(path) == "json")


def _histogram(file: BinaryIO, _size: int, _path: str, _sha256: str, _: Progress) -> Body:
    return histogram(file.read(MAX_HISTOGRAM_BYTES + 1))


def _program(file: BinaryIO, size: int, path: str, _sha256: str, _progress: Progress) -> Body:
    return program(file, size, path)


def _notebook(file: BinaryIO, size: int, _path: str, _sha256: str, _progress: Progress) -> Body:
    if size > MAX_NOTEBOOK_BYTES:
        return NoView(why=f"A notebook of more than {MAX_NOTEBOOK_BYTES >> 20} MiB is not shown.")
    return notebook(BoundedStream(file).read(size))


def _sound(file: BinaryIO, size: int, _path: str, _sha256: str, progress: Progress) -> Body:
    return sound(file, size, progress)


def _document(file: BinaryIO, size: int, _path: str, _sha256: str, _progress: Progress) -> Body:
    if size > MAX_PDF_BYTES:
        return NoView(why=f"A PDF of more than {MAX_PDF_BYTES >> 20} MiB is not drawn.")
    return DocumentView(data=BoundedStream(file).read(size))
