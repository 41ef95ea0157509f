# SPDX-License-Identifier: Apache-2.0
"""The documentation that ships, as sections of plain words: what a search reads.

* A section is a heading and what stands below it; Markdown's marks are taken off, its words stay.
* Pages are read bounded, and only those below the folder of the documentation.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST_PAGE = 1 << 20  # bytes
MOST_PAGES = 1_000
_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"<!--.*?-->|(?<!\w)[*_]{1,3}|[*_]{1,3}(?!\w)|`+|^\s*[-*>]\s+|^\s*\d+\.\s+")
_RULE = re.compile(r"^[\s|:-]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocSection:
    """A heading of a page and the words below it.

    Attributes:
        page: The page, such as ``how-to/analysts.md``.
        title: The title of the page.
        heading: The heading, the page's title above its first one.
        text: What stands below it, in one line.
    """

    page: str
    title: str
    heading: str
    text: str

    @property
    def place(self) -> str:
        """Where a window opens it: ``how-to/analysts.md#find``."""
        return self.page if self.heading == self.title else f"{self.page}#{slug(self.heading)}"


def read_sections(root: Path) -> tuple[DocSection, ...]:
    """Returns the sections of all pages at or below a folder, by page.

    Raises:
        OSError: If a page cannot be read.
    """
    found: list[DocSection] = []
    for path in sorted(root.rglob("*.md"))[:MOST_PAGES]:
        with path.open("rb") as file:
            text = file.read(LARGEST_PAGE).decode("utf-8", "replace")
        found += sections_of(text, path.relative_to(root).as_posix())
    return tuple(found)


def sections_of(text: str, page: str) -> Iterator[DocSection]:
    """Yields the sections of one page of Markdown."""
    title, heading, below, is_code = "", "", list[str](), False
    for line in text.splitlines():
        is_fence = _FENCE.match(line) is not None
        is_code ^= is_fence
        found = None if is_code else _HEADING.match(line)
        if found is not None:
            if heading or below:
                yield _section(page, title, heading, below)
            heading, below = plain(found[2]), []
            title = title or heading
        elif not is_fence:
            below.append(line if is_code else plain(line))
    if heading or below:
        yield _section(page, title, heading, below)


def plain(line: str) -> str:
    """Returns a line of Markdown without its marks."""
    if _RULE.match(line):
        return ""
    return " ".join(_MARKS.sub(" ", _LINK.sub(r"\1", line)).replace("|", " ").split())


def slug(heading: str) -> str:
    """Returns what a link calls a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _section(page: str, title: str, heading: str, below: list[str]) -> DocSection:
    words = " ".join(part for part in (" ".join(line.split()) for line in below) if part)
    return DocSection(page=page, title=title or page, heading=heading or title or page, text=words)
