# SPDX-License-Identifier: Apache-2.0
"""Tables as pages, whatever their format; remembers where records of the last few files begin."""

from collections import OrderedDict
from typing import BinaryIO

from strongroom.domain.progress import Progress
from strongroom.models.arrays import NPY_MAGIC
from strongroom.models.bounded import BoundedStream
from strongroom.models.tables import ARROW_MAGIC, PARQUET_MAGIC, classify_table
from strongroom.models.verdict import CODE_ON_LOAD
from strongroom.services.views import delimited
from strongroom.services.views.arrays import array_page
from strongroom.services.views.delimited import RecordIndex
from strongroom.services.views.kinds import ending
from strongroom.services.views.shapes import Body, NoView, TableColumn, TableView
from strongroom.services.views.visible import visible_cell
from strongroom.store import arrow_pages
from strongroom.store.arrow_pages import ArrowPage

PAGE_ROWS = 500
REMEMBERED = 8  # files; an index of a billion rows takes 8 MB


class Tables:
    """Pages of CSV, TSV, Parquet and Arrow files."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[str, RecordIndex] = OrderedDict()

    def page(
        self,
        file: BinaryIO,
        size: int,
        path: str,
        sha256: str,
        start: int,
        count: int,
        progress: Progress,
    ) -> Body:
        """Returns rows from number ``start``; fewer at the end of the table.

        Raises:
            Untrusted: ``E-FORMAT`` or ``E-SIZE``.
            Cancelled: While rows before ``start`` are counted.
        """
        head = file.read(8)
        file.seek(0)
        if head.startswith((PARQUET_MAGIC, ARROW_MAGIC)):
            verdict = classify_table(BoundedStream(file), size)
            if verdict.risk == CODE_ON_LOAD:
                return NoView(why=f"The table is not opened: {verdict.reason}.")
            file.seek(0)
            is_parquet = head.startswith(PARQUET_MAGIC)
            read = arrow_pages.parquet_page if is_parquet else arrow_pages.arrow_page
            return _from_arrow(read(file, start, count, progress))
        if head.startswith(NPY_MAGIC):
            return array_page(file, size, start, count)
        if ending(path) in {"npy", "parquet", "arrow", "feather", "ipc"}:
            return NoView(why="The file is named like a table, but its bytes are none.")
        return self._delimited(BoundedStream(file), size, path, sha256, start, count, progress)

    def count(self, file: BinaryIO, size: int, sha256: str, progress: Progress) -> int | None:
        """Returns how many rows a CSV file has; None if nobody asked for a page of it yet."""
        index = self._indexes.get(sha256)
        if index is None:
            return None
        delimited.sweep(BoundedStream(file), size, index, None, progress)
        return None if index.total is None else max(0, index.total - index.header)

    def _delimited(
        self,
        stream: BoundedStream,
        size: int,
        path: str,
        sha256: str,
        start: int,
        count: int,
        progress: Progress,
    ) -> TableView:
        separator = "\t" if ending(path) == "tsv" else ","
        index = self._index(sha256)
        columns, first = delimited.first_page(stream, index, PAGE_ROWS, separator)
        shift = index.header
        if start == 0:
            found = first[shift : shift + count]
            if len(first) <= PAGE_ROWS:
                index.total = len(first)
        else:
            delimited.sweep(stream, size, index, start + shift, progress)
            found = delimited.records(stream, index, start + shift, count, separator)
        total = None if index.total is None else max(0, index.total - shift)
        widest = max(map(len, first), default=0)
        notes = ["Types are those of the first rows." if columns else "The file has no rows."]
        if widest > len(columns):
            notes.append(f"Of {widest:,} columns the first {len(columns):,} are shown.")
        return TableView(
            columns=columns,
            start=start,
            rows=delimited.as_rows(found, columns),
            rows_total=total,
            note=" ".join(notes),
        )

    def _index(self, sha256: str) -> RecordIndex:
        index = self._indexes.get(sha256)
        if index is None:
            index = self._indexes[sha256] = RecordIndex()
        self._indexes.move_to_end(sha256)
        while len(self._indexes) > REMEMBERED:
            self._indexes.popitem(last=False)
        return index


def _from_arrow(page: ArrowPage) -> TableView:
    more = page.columns_total - len(page.columns)
    return TableView(
        columns=tuple(
            TableColumn(name=visible_cell(each.name), type=each.type, is_number=each.is_number)
            for each in page.columns
        ),
        start=page.start,
        rows=tuple(
            tuple(visible_cell(cell) if isinstance(cell, str) else cell for cell in row)
            for row in page.rows
        ),
        rows_total=page.total,
        note=f"Of {page.columns_total:,} columns the first {len(page.columns):,} are shown."
        if more
        else "",
    )
