# SPDX-License-Identifier: Apache-2.0
"""Filters that were used before: the newest first, each once, kept between sessions."""

from strongroom.desktop.kit.session import Session
from strongroom.desktop.runs.query_text import MOST_CHARACTERS

REMEMBERED = "runs.filters"
MOST_KEPT = 50


class QueryHistory:
    """Walks back and forth through filters.

    Args:
        session: Where they are kept; None keeps them in memory.
    """

    def __init__(self, session: Session | None = None) -> None:
        self._session = session or Session()
        kept = self._session.value(REMEMBERED, [])
        texts = kept if isinstance(kept, list) else []
        self._texts = [
            text for text in texts if isinstance(text, str) and 0 < len(text) <= MOST_CHARACTERS
        ][:MOST_KEPT]
        self._at = -1
        self._begun = ""

    def texts(self) -> tuple[str, ...]:
        """Returns the filters, the newest first."""
        return tuple(self._texts)

    def add(self, text: str) -> None:
        """Remembers a filter that was used."""
        self.leave()
        if text and (not self._texts or self._texts[0] != text):
            self._texts = [text, *(each for each in self._texts if each != text)][:MOST_KEPT]
            self._session.set_value(REMEMBERED, list(self._texts))

    def step(self, by: int, now: str) -> str | None:
        """Returns an older (1) or newer (-1) filter, None where there is none.

        Before the first step ``now`` is kept: stepping forth again comes back to it.
        """
        if self._at < 0:
            self._begun = now
        at = self._at + by
        if not -1 <= at < len(self._texts):
            return None
        self._at = at
        return self._begun if at < 0 else self._texts[at]

    def leave(self) -> None:
        """Begins anew at the newest filter, after something was typed."""
        self._at = -1
