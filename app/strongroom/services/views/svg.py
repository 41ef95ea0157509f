# SPDX-License-Identifier: Apache-2.0
"""Writes an SVG again with only what draws: no script, no reference outside, no bomb.

* What is not on the allow-list is left out and counted: elements, event attributes, styles that
  name anything but colours, lengths and ``#ids``, links to anything but an id of the document.
* Entities are refused before they are expanded. The window's renderer never sees the original:
  it would open a picture that an ``image`` element names.
* ``use`` is followed before it is drawn: a document that draws more than `MAX_DRAWN` is refused.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

MAX_SVG_BYTES = 8 << 20
MAX_ELEMENTS = 60_000
MAX_DRAWN = 200_000  # elements after following every use
MAX_DEPTH = 60
MAX_NUMBER = 1e6  # a dash of 0.001 along a line of a billion would be drawn for hours
MIN_DASH = 0.1
_SPACE = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_DRAWING = frozenset(
    {
        "svg", "g", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line",
        "polyline", "polygon", "text", "tspan", "linearGradient", "radialGradient", "stop",
        "clipPath", "mask", "pattern", "style", "switch",
    }
)  # fmt: skip
_SILENT = frozenset({"metadata", "title", "desc", "namedview"})
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_OUTSIDE = re.compile(r"url\s*\(\s*['\"]?\s*(?!#)|@import|\\|expression|javascript:", re.IGNORECASE)


class NotDrawable(Exception):
    """The document is not drawn; the sentence says why."""


@dataclass(slots=True)
class _Element:
    name: str
    id: str
    uses: str
    starts_at: int
    ends_at: int = 0
    """Places of both tags in what is written."""
    children: list["_Element"] = field(default_factory=list)


@dataclass(slots=True)
class _Cleaner:
    out: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    stack: list[_Element] = field(default_factory=list)
    by_id: dict[str, _Element] = field(default_factory=dict)
    used: list[_Element] = field(default_factory=list)
    root: _Element | None = None
    skipping: int = 0
    count: int = 0
    in_style: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise NotDrawable(f"it has more than {MAX_ELEMENTS:,} elements")
        space, _, local = name.rpartition(" ")
        if self.skipping or space not in {_SPACE, ""} or local not in _DRAWING:
            if not self.skipping and local not in _SILENT:
                self.left_out.add(local[:40])
            self.skipping += 1
            return
        if len(self.stack) >= MAX_DEPTH:
            raise NotDrawable(f"it is nested deeper than {MAX_DEPTH} levels")
        if local == "style":
            self.in_style = []
            return
        kept = self._attributes(local, attributes)
        uses = kept.get("xlink:href", "").lstrip("#")
        element = _Element(local, kept.get("id", ""), uses, len(self.out))
        if self.stack:
            self.stack[-1].children.append(element)
        elif self.root is None:
            if local != "svg":
                raise NotDrawable("its first element is no svg")
            self.root = element
        if element.id:
            self.by_id.setdefault(element.id, element)
        self.stack.append(element)
        spaces = f' xmlns="{_SPACE}" xmlns:xlink="{_XLINK}"' if len(self.stack) == 1 else ""
        words = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items())
        self.out.append(f"<{local}{spaces}{words}>")

    def end(self, name: str) -> None:
        if self.skipping:
            self.skipping -= 1
            return
        local = name.rpartition(" ")[2]
        if local == "style" and self.in_style is not None:
            style = "".join(self.in_style)
            self.in_style = None
            if _OUTSIDE.search(style) or "<" in style:
                self.left_out.add("style")
            else:
                self.out.append(f"<style>{escape(style)}</style>")
            return
        element = self.stack.pop()
        element.ends_at = len(self.out)
        self.out.append(f"</{local}>")
        if element.name == "use":
            self.used.append(element)

    def text(self, words: str) -> None:
        if self.skipping:
            return
        if self.in_style is not None:
            self.in_style.append(words)
        elif self.stack and self.stack[-1].name in {"text", "tspan"}:
            self.out.append(escape(words))

    def _attributes(self, element: str, attributes: dict[str, str]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name, value in attributes.items():
            space, _, local = name.rpartition(" ")
            if local == "href":
                if value.startswith("#"):
                    kept["xlink:href"] = value
                else:
                    self.left_out.add("a link to elsewhere")
                continue
            if space or local.startswith("on") or not re.fullmatch(r"[A-Za-z][\w-]*", local):
                continue
            if _OUTSIDE.search(value):
                self.left_out.add("a link to elsewhere")
                continue
            is_dash = "dash" in local or "dash" in value
            if is_dash and any(0 < abs(each) < MIN_DASH for each in _numbers(value)):
                self.left_out.add("dashes too fine to draw")
                continue
            if local not in {"id", "class"} and element != "text":
                _check_numbers(value)
            kept[local] = value
        return kept


def clean_svg(data: bytes) -> tuple[bytes, str]:
    """Returns the harmless document and a sentence about what was left out ("" for nothing).

    Raises:
        NotDrawable: If nothing of it is drawn, with the reason.
    """
    if len(data) > MAX_SVG_BYTES:
        raise NotDrawable(f"it has more than {MAX_SVG_BYTES >> 20} MiB")
    cleaner = _Cleaner()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.EntityDeclHandler = _refuse_entity
    parser.ExternalEntityRefHandler = lambda *_: 1  # never followed
    parser.StartElementHandler = cleaner.start
    parser.EndElementHandler = cleaner.end
    parser.CharacterDataHandler = cleaner.text
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise NotDrawable(f"it is no XML: {error}") from error
    if cleaner.root is None:
        raise NotDrawable("it holds no svg element")
    for element in cleaner.used:
        if element.uses not in cleaner.by_id:  # leads nowhere in this document
            cleaner.out[element.starts_at] = cleaner.out[element.ends_at] = ""
    _drawn(cleaner)
    note = ""
    if cleaner.left_out:
        shown = ", ".join(sorted(cleaner.left_out)[:4])
        note = f"Left out because it could reach outside or does not draw: {shown}."
    return "".join(cleaner.out).encode("utf-8"), note


def _refuse_entity(*_: object) -> None:
    raise NotDrawable("it declares entities")


def _numbers(text: str) -> list[float]:
    return [float(found) for found in _NUMBER.findall(text[:200_000])]


def _check_numbers(text: str) -> None:
    if len(text) > 2_000_000:
        raise NotDrawable("one of its shapes is described in more than 2 MB")
    for found in _NUMBER.finditer(text):
        word = found.group()
        if len(word) > 6 and abs(float(word)) > MAX_NUMBER:
            raise NotDrawable(f"it draws farther than {MAX_NUMBER:,.0f} units")


def _drawn(cleaner: _Cleaner) -> None:
    """Counts what is drawn when every use is followed.

    Raises:
        NotDrawable: If it is too much, or a use leads back to itself.
    """
    known: dict[int, int] = {}
    open_now: set[int] = set()

    def weigh(element: _Element, depth: int) -> int:
        if id(element) in known:
            return known[id(element)]
        if id(element) in open_now or depth > 4 * MAX_DEPTH:
            raise NotDrawable("one of its parts uses itself")
        open_now.add(id(element))
        total = 1 + sum(weigh(child, depth + 1) for child in element.children)
        if element.name == "use" and element.uses in cleaner.by_id:
            total += weigh(cleaner.by_id[element.uses], depth + 1)
        open_now.discard(id(element))
        if total > MAX_DRAWN:
            raise NotDrawable(f"it draws more than {MAX_DRAWN:,} parts")
        known[id(element)] = total
        return total

    if cleaner.root is not None:
        weigh(cleaner.root, 0)
