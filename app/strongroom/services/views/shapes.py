# SPDX-License-Identifier: Apache-2.0
"""What a viewer shows of a file: plain values, bounded, with nothing left to read or to run.

* Text in them still says what the file says: whoever paints it paints plain text.
* Where there is nothing to show, `NoView` says why in one sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "picture", "table", "text", "tree", "page", "matrix", "histogram", "program", "notebook",
    "document", "sound", "bytes", "none",
]  # fmt: skip
"""Ways to look at a file."""

TableValue = str | int | float | bool | None
"""What one cell of a table holds; texts are cut to `MAX_CELL`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """The file that is shown: whose, where, how large, its digest, and whether it was checked."""

    run_id: str
    path: str
    size_bytes: int
    sha256: str
    is_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoView:
    """There is nothing to show, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """The bytes of a picture in a format the window decodes; SVG has been made harmless."""

    data: bytes
    format: Literal["png", "jpeg", "gif", "bmp", "webp", "svg"]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextView:
    """Some lines of a text, made visible: no control character is left in them.

    ``first_line`` is the number of the first one (None: not known, the part was read from the
    end), ``start`` and ``stop`` the bytes of the file it stands for.
    """

    lines: tuple[str, ...]
    first_line: int | None
    start: int
    stop: int
    size_bytes: int
    language: Literal["plain", "python", "json", "yaml", "diff"] = "plain"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """One column: its name and, in the words of the file's format, its type."""

    name: str
    type: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """Some rows of a table from row ``start``; ``rows_total`` is None until somebody counted."""

    columns: tuple[TableColumn, ...]
    start: int
    rows: tuple[tuple[TableValue, ...], ...]
    rows_total: int | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A list or a mapping of a document: names beside values, in the order of the file."""

    is_list: bool
    names: Sequence[str]
    values: Sequence["Node"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A value as the file spells it, and what it is."""

    text: str
    kind: Literal["text", "number", "word"]


Node = Branch | Leaf
"""Anything a tree holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeView:
    """A JSON or YAML document."""

    root: Node
    nodes: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A Markdown text without HTML, in bounded lines."""

    markdown: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixView:
    """A confusion matrix: true labels down, predicted labels across, counts (or weights)."""

    labels: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramView:
    """Counts between rising edges, one more edge than counts; ``left_out`` values are in none."""

    edges: tuple[float, ...]
    counts: tuple[float, ...]
    left_out: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opcode:
    """One instruction of a pickle: where, what, with which argument; whether it names or calls."""

    member: str
    position: int
    name: str
    argument: str
    acts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramView:
    """A file that could run something when loaded: the verdict, and its instructions if any."""

    risk: Literal["data-only", "code-on-load", "unknown"]
    sentence: str
    opcodes: tuple[Opcode, ...]
    members: tuple[tuple[str, int], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookCell:
    """One cell: its kind, its source, what it printed, and the PNGs it drew."""

    kind: Literal["code", "markdown", "raw"]
    number: str
    source: str
    printed: str
    pictures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookView:
    """The cells of a notebook."""

    cells: tuple[NotebookCell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """The bytes of a PDF, to be drawn a page at a time."""

    data: bytes
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundView:
    """A sound: how long, how fast, and the lowest and highest value of each slice of time."""

    seconds: float
    rate: int
    channels: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesView:
    """Some bytes of a file from ``start``."""

    start: int
    data: bytes
    size_bytes: int
    note: str = ""


Body = (
    NoView
    | PictureView
    | TextView
    | TableView
    | TreeView
    | PageView
    | MatrixView
    | HistogramView
    | ProgramView
    | NotebookView
    | DocumentView
    | SoundView
    | BytesView
)
"""Everything a viewer can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A file, how it is shown, in which other ways it could be, and what is seen."""

    facts: FileFacts
    kind: Kind
    others: tuple[Kind, ...]
    body: Body
    instead: str = ""
    """Why the best way shows nothing and this one was taken, "" for the best way."""
