# SPDX-License-Identifier: Apache-2.0
"""Parts of a text: some lines around a place, however large the file is.

* A part is at most `PART_BYTES` and `MOST_LINES`; the next one begins where it stopped.
* Lines are numbered from the file's start; a part read from the end is numbered once all lines
  were counted (`FileVerified.lines`), and never by a guess.
"""

from typing import Literal

from strongroom.models.bounded import BoundedStream
from strongroom.services.views.kinds import ending
from strongroom.services.views.shapes import TextView
from strongroom.services.views.visible import visible_lines

PART_BYTES = 256 * 1024  # laid out in well under a tenth of a second
MOST_LINES = 5_000
Language = Literal["plain", "python", "json", "yaml", "diff"]
_LANGUAGES: dict[str, Language] = {
    "py": "python", "json": "json", "jsonl": "json", "ndjson": "json", "ipynb": "json",
    "yaml": "yaml", "yml": "yaml", "diff": "diff", "patch": "diff", "toml": "yaml",
}  # fmt: skip


def language_of(path: str) -> Language:
    """Returns how a file is coloured."""
    name = path.rpartition("/")[2]
    return "yaml" if name == "MLmodel" else _LANGUAGES.get(ending(path), "plain")


def part_from(
    stream: BoundedStream, size: int, start: int, *, path: str, first_line: int | None
) -> TextView:
    """Returns the lines from byte ``start``, which begins line ``first_line`` if that is known."""
    stream.seek(start)
    data = stream.read(PART_BYTES)
    at_end = start + len(data) >= size
    cut = len(data) if at_end else _last_break(data)
    data = data[:cut]
    pieces = data.split(b"\n", MOST_LINES)
    if len(pieces) > MOST_LINES:
        data = data[: len(data) - len(pieces[-1])]
    return TextView(
        lines=visible_lines(data),
        first_line=first_line,
        start=start,
        stop=start + len(data),
        size_bytes=size,
        language=language_of(path),
        note=_note(data, start, size),
    )


def part_before(
    stream: BoundedStream, size: int, stop: int, *, path: str, next_line: int | None
) -> TextView:
    """Returns the lines that end at byte ``stop``, where line ``next_line`` begins if known."""
    start = max(0, stop - PART_BYTES)
    stream.seek(start)
    data = stream.read(stop - start)
    if start:
        first = data.find(b"\n") + 1
        data, start = data[first:], start + first
    breaks = data.count(b"\n")
    while breaks > MOST_LINES:  # many short lines: leave the first ones to the part before
        half = data.find(b"\n", len(data) // 2) + 1
        data, start = data[half:], start + half
        breaks = data.count(b"\n")
    lines = visible_lines(data)
    first_line: int | None = None
    if start == 0:
        first_line = 1
    elif next_line is not None:
        first_line = next_line - len(lines)
    return TextView(
        lines=lines,
        first_line=first_line,
        start=start,
        stop=stop,
        size_bytes=size,
        language=language_of(path),
        note=_note(data, start, size),
    )


def _last_break(data: bytes) -> int:
    """Returns where the last whole line ends; in a part of one line, where a character ends."""
    found = data.rfind(b"\n") + 1
    if found:
        return found
    cut = len(data)
    while cut > len(data) - 4 and cut and (data[cut - 1] & 0xC0) == 0x80:
        cut -= 1
    return cut - 1 if cut and data[cut - 1] >= 0xC0 else len(data)


def _note(data: bytes, start: int, size: int) -> str:
    if start == 0 and len(data) >= size:
        return ""
    share = f"{start + 1:,} to {start + len(data):,} of {size:,}"
    return f"One part of the file is shown: bytes {share}."
