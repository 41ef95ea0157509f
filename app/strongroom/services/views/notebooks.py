# SPDX-License-Identifier: Apache-2.0
"""Notebooks as cells: source, what was printed, PNGs that were drawn. No HTML, no script."""

import base64
import binascii
import json
from typing import Any

from strongroom.services.views.shapes import NotebookCell, NotebookView, NoView
from strongroom.services.views.visible import visible_lines

MAX_NOTEBOOK_BYTES = 16 << 20
MAX_CELLS = 200
MAX_CELL_BYTES = 32 * 1024
MAX_PICTURES = 4  # of one cell
MAX_PICTURE_BYTES = 4 << 20


def notebook(data: bytes) -> NotebookView | NoView:
    """Returns the cells of a notebook, or why it has none."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
        cells = document["cells"]
        found = tuple(_cell(each) for each in cells[:MAX_CELLS])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return NoView(why=f"It is no notebook: {str(error)[:80]}.")
    note = ""
    if len(cells) > MAX_CELLS:
        note = f"Of {len(cells):,} cells the first {MAX_CELLS:,} are shown."
    return NotebookView(cells=found, note=note)


def _cell(cell: dict[str, Any]) -> NotebookCell:
    kind = cell.get("cell_type")
    printed: list[str] = []
    pictures: list[bytes] = []
    outputs = cell.get("outputs") or []
    for output in outputs if isinstance(outputs, list) else []:
        _take(output, printed, pictures)
    number = cell.get("execution_count")
    return NotebookCell(
        kind="code" if kind == "code" else "markdown" if kind == "markdown" else "raw",
        number=str(number)[:8] if isinstance(number, int) else "",
        source=_text(cell.get("source", "")),
        printed=_text("".join(printed)),
        pictures=tuple(pictures),
    )


def _take(output: dict[str, Any], printed: list[str], pictures: list[bytes]) -> None:
    held = output.get("data") or {}
    if output.get("output_type") == "stream":
        printed.append(_joined(output.get("text", "")))
    elif output.get("output_type") == "error":
        printed.append("\n".join(map(str, (output.get("traceback") or [])[:100])) + "\n")
    elif isinstance(held, dict):
        if "image/png" in held and len(pictures) < MAX_PICTURES:
            packed = _joined(held["image/png"])
            try:
                picture = base64.b64decode(packed[: MAX_PICTURE_BYTES * 4 // 3], validate=False)
            except (binascii.Error, ValueError):
                picture = b""
            if picture.startswith(b"\x89PNG\r\n\x1a\n"):
                pictures.append(picture)
                return
        if "text/plain" in held:
            printed.append(_joined(held["text/plain"]) + "\n")
        elif held:
            kinds = ", ".join(sorted(str(kind) for kind in held)[:4])
            printed.append(f"[{kinds} is not shown]\n")


def _joined(text: object) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _text(text: object) -> str:
    data = _joined(text).encode("utf-8", "replace")
    more = "" if len(data) <= MAX_CELL_BYTES else f"\n… {len(data) - MAX_CELL_BYTES:,} more bytes"
    return "\n".join(visible_lines(data[:MAX_CELL_BYTES])) + more
