# SPDX-License-Identifier: Apache-2.0
"""Where somebody is in the window: a frozen value with a text form for tickets.

* ``runs?experiment=fraud-detector#filter`` names a page, its arguments and its filter.
* A place never holds data, only ids, so going back shows what is there now.
* What a place sets going is done when somebody goes there, never when he comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode

ACTS = frozenset({"import", "ask"})
"""Arguments that set something going: a source that is imported, a move that is asked for."""
LONGEST_PLACE = 16_384  # characters: two hundred runs by id, side by side; not a document


@dataclass(frozen=True, slots=True)
class Place:
    """A page, what is open on it, and how it is filtered.

    Attributes:
        page: The id of the page, such as ``reviews``.
        arguments: Sorted (name, value) pairs, such as ``("request", "5e07b2a9")``.
        filter: The text of the filter.
    """

    page: str
    arguments: tuple[tuple[str, str], ...] = ()
    filter: str = ""

    @classmethod
    def of(cls, page: str, arguments: Mapping[str, str] | None = None, words: str = "") -> "Place":
        """Returns a place from a mapping of arguments."""
        return cls(page, tuple(sorted((arguments or {}).items())), words)

    def argument(self, name: str, default: str = "") -> str:
        """Returns one argument."""
        return dict(self.arguments).get(name, default)

    def settled(self) -> "Place":
        """Returns where it leads, without what it sets going there."""
        kept = tuple(each for each in self.arguments if each[0] not in ACTS)
        return Place(self.page, kept, self.filter)

    def to_text(self) -> str:
        """Returns the form for copying."""
        query = f"?{urlencode(self.arguments)}" if self.arguments else ""
        return f"{self.page}{query}{'#' + quote(self.filter) if self.filter else ''}"

    @classmethod
    def from_text(cls, text: str) -> "Place":
        """Reads the form for copying.

        Raises:
            ValueError: If it is too long or names no page.
        """
        if len(text) > LONGEST_PLACE:
            raise ValueError("the place is too long")
        rest, _, words = text.strip().partition("#")
        page, _, query = rest.partition("?")
        if not page:
            raise ValueError("the place names no page")
        return cls.of(page, dict(parse_qsl(query, keep_blank_values=True)), unquote(words))
