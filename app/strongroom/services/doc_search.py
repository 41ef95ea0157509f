# SPDX-License-Identifier: Apache-2.0
"""Full-text search over the documentation that ships: ranked sections, each with an excerpt.

* Every word has to be there, as a word or as the start of one; if no section has them all, those
  that have some are found, the fullest first.
* Ranking is BM25 over sections (Robertson and Zaragoza, 2009); a word in a heading counts more.
* Reading and counting happen once, at the first search.
"""

import math
import re
import sys
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.resources import docs_root
from strongroom.services.doc_sections import DocSection, read_sections

MOST_HITS = 60
MOST_WORDS = 12  # of a question; further ones are left out
EXCERPT = 150  # characters
IN_HEADING, IN_TITLE = 6, 2  # how often a word there counts as one in the text
_K1, _B = 1.2, 0.75
_START = 0.5  # what the start of a word counts against the whole word
# People look for how to do something; pages about the product itself stand behind those.
_WEIGHTS = {"how-to": 1.6, "guide": 1.4, "runbooks": 1.3, "reference": 1.3, "adr": 0.6}
_ABOUT = frozenset({"coverage.md", "changelog.md", "contributing.md", "architecture.md"})
_SILENT = set("a an and are at be can do does how i in is it my of on or the to what".split())  # noqa: SIM905
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocHit:
    """A section that was found, with an excerpt around the rarest word."""

    section: DocSection
    excerpt: str
    score: float


@dataclass(frozen=True, slots=True)
class _Entry:
    section: DocSection
    counts: Counter[str]
    length: int


class Documentation:
    """Searches the documentation; safe to ask from worker threads.

    Args:
        root: Returns the folder of the pages.
    """

    def __init__(self, root: Callable[[], Path] = docs_root) -> None:
        self._root = root
        self._guard = threading.Lock()
        self._entries: tuple[_Entry, ...] = ()
        self._sections_with: Counter[str] = Counter()
        self._words: list[str] = []  # of all of them, sorted: starts of words lie together
        self._usual = 1.0  # words of a section

    def search(self, text: str) -> tuple[DocHit, ...]:
        """Returns the sections a text asks for, the best first; none for a text without words.

        Raises:
            EnvironmentFault: ``E-MISSING`` if the documentation is not installed.
        """
        asked = words_of(text)
        if not asked:
            return ()
        self._load()
        found = [self._spellings(word) for word in asked]
        ranked: list[tuple[int, float, _Entry]] = []
        for entry in self._entries:
            scores = [self._score(entry, spellings) for spellings in found]
            present = sum(score > 0 for score in scores)
            if present:
                ranked.append((present, sum(scores) * _weight(entry.section.page), entry))
        most = max((present for present, _, _ in ranked), default=0)
        best = [each for each in ranked if each[0] == most]
        best.sort(key=lambda each: -each[1])
        return tuple(
            DocHit(section=entry.section, excerpt=excerpt(entry.section.text, asked), score=score)
            for _, score, entry in best[:MOST_HITS]
        )

    # ------------------------------------------------------------ inside

    def _load(self) -> None:
        with self._guard:
            if self._entries:
                return
            try:
                sections = read_sections(self._root())
            except OSError as error:
                raise EnvironmentFault(
                    "E-MISSING",
                    "The documentation is not installed",
                    "It is part of the source package, in the folder docs.",
                ) from error
            entries = tuple(_entry(section) for section in sections)
            for entry in entries:
                self._sections_with.update(entry.counts.keys())
            self._words = sorted(self._sections_with)
            self._usual = max(1.0, sum(each.length for each in entries) / max(1, len(entries)))
            self._entries = entries

    def _spellings(self, word: str) -> dict[str, float]:
        """Returns the words of the pages that a typed word stands for, with what each counts."""
        first = bisect_left(self._words, word)
        end = bisect_left(self._words, word + chr(sys.maxunicode), lo=first)
        starts = dict.fromkeys(self._words[first:end], _START)
        return starts | ({word: 1.0} if word in self._sections_with else {})

    def _score(self, entry: _Entry, spellings: dict[str, float]) -> float:
        many, best = len(self._entries), 0.0
        for word in spellings.keys() & entry.counts.keys():  # walks through the fewer of both
            weight, count = spellings[word], entry.counts[word]
            having = self._sections_with[word]
            rarity = math.log(1 + (many - having + 0.5) / (having + 0.5))
            length = 1 - _B + _B * entry.length / self._usual
            best = max(best, weight * rarity * count * (_K1 + 1) / (count + _K1 * length))
        return best


def words_of(text: str) -> tuple[str, ...]:
    """Returns the words of a text as a search compares them, without doubles.

    Words such as "how" and "the" are left out where others remain.
    """
    words = dict.fromkeys(_WORD.findall(text.casefold()))
    telling = [word for word in words if word not in _SILENT]
    return tuple(telling or words)[:MOST_WORDS]


def marks_in(text: str, asked: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Returns where words of a text are, or begin with, what was asked: pairs of start and end."""
    return tuple(
        (found.start(), found.end())
        for found in _WORD.finditer(text)
        if found[0].casefold().startswith(asked)
    )


def excerpt(text: str, asked: tuple[str, ...]) -> str:
    """Returns the part of a text with most of the words, whole words only."""
    spots = [start for start, _ in marks_in(text, asked)]
    best, most = 0, 0
    for place, spot in enumerate(spots):
        many = bisect_left(spots, spot + EXCERPT) - place
        if many > most:
            best, most = spot, many
    start = max(0, best - EXCERPT // 4)
    if start:
        start = text.find(" ", start) + 1
    part = text[start : start + EXCERPT]
    if start + EXCERPT < len(text):
        part = f"{part.rpartition(' ')[0]}…"
    return f"…{part}" if start else part


def _weight(page: str) -> float:
    folder = page.partition("/")[0]
    return 0.4 if page in _ABOUT else _WEIGHTS.get(folder, 1.0)


def _entry(section: DocSection) -> _Entry:
    counts = Counter(_WORD.findall(section.text.casefold()))
    length = counts.total()
    for word in set(_WORD.findall(section.heading.casefold())):
        counts[word] += IN_HEADING
    for word in set(_WORD.findall(section.title.casefold())):
        counts[word] += IN_TITLE
    return _Entry(section, counts, length)
