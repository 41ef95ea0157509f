# SPDX-License-Identifier: Apache-2.0
"""Markdown made fit for a reader that recurses: bounded size, line length and nesting.

* Nothing is interpreted here. HTML, links and pictures are dealt with where the page is laid out.
"""

import re

from strongroom.services.views.shapes import PageView
from strongroom.services.views.visible import visible_line

MAX_PAGE_BYTES = 256 * 1024  # laid out in well under a tenth of a second
MAX_LINES = 5_000
MAX_LINE = 4_000
MAX_NESTING = 8
_PREFIX = re.compile(r"^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+")
_MARK = re.compile(r">|[-+*](?=[ \t])|\d{1,9}[.)]")
_RUN = re.compile(r"([*_`~\[\]!#(<])\1{7,}")  # eight of one mark open nothing an author meant


def page(data: bytes, size: int) -> PageView:
    """Returns the beginning of a Markdown text in lines that a page can lay out."""
    text = data[:MAX_PAGE_BYTES].decode("utf-8", errors="replace").removeprefix("\ufeff")
    lines = text.split("\n")
    is_cut = size > MAX_PAGE_BYTES or len(lines) > MAX_LINES
    kept = [_line(line.removesuffix("\r")) for line in lines[:MAX_LINES]]
    note = "Only the beginning is laid out. The whole is there as text." if is_cut else ""
    return PageView(markdown="\n".join(kept), note=note)


def _line(line: str) -> str:
    line = visible_line(line, MAX_LINE)
    prefix = _PREFIX.match(line)
    if prefix is not None and len(_MARK.findall(prefix.group())) > MAX_NESTING:
        line = line[prefix.end() :]
    if len(line) - len(line.lstrip()) > 40:
        line = " " * 40 + line.lstrip()
    return _RUN.sub(lambda run: run.group(1) * 7, line)
