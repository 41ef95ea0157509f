# SPDX-License-Identifier: Apache-2.0
"""Fingerprints as people compare them: eight groups of four digits, or twelve words.

* Words are heard better over a telephone than digits; both stand for the same SHA-256.
* Twelve words of a list of 2,048 carry 132 bits: a second request with the same words is out of
  reach. Each word is told by its first four letters (the list of BIP-39).
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from strongroom.domain.ids import in_groups
from strongroom.domain.resources import resource

WORD_COUNT = 12
_WORD_BITS = 11
_SHOWN_DIGITS = 32
_UNIQUE = 4  # letters that tell a word from every other one of the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The fingerprint of some bytes: ``digits`` in groups of four, and ``words``."""

    digits: str
    words: tuple[str, ...]

    def matches(self, told: str) -> bool:
        """Whether what somebody read out is this fingerprint, in digits or in words.

        Words may be shortened to their first four letters; commas, blanks and capitals are free.
        All of it has to be told: half a fingerprint is none.
        """
        said = [word for word in re.split(r"[^0-9A-Za-z]+", told.lower()) if word]
        if "".join(said) == self.digits.replace(" ", ""):
            return True
        return len(said) == len(self.words) and all(
            word == meant or (len(word) >= _UNIQUE and meant.startswith(word))
            for word, meant in zip(said, self.words, strict=True)
        )


def fingerprint(raw: bytes) -> Fingerprint:
    """Returns the fingerprint of some bytes, such as an enrolment request."""
    digest = hashlib.sha256(raw).digest()
    bits = int.from_bytes(digest)
    top = 8 * len(digest)
    places = (
        bits >> (top - _WORD_BITS * (at + 1)) & ((1 << _WORD_BITS) - 1) for at in range(WORD_COUNT)
    )
    listed = _listed()
    return Fingerprint(
        digits=in_groups(digest.hex()[:_SHOWN_DIGITS]),
        words=tuple(listed[place] for place in places),
    )


@cache
def _listed() -> tuple[str, ...]:
    words = tuple(resource("words", "english.txt").read_text("utf-8").split())
    if len(set(words)) != 1 << _WORD_BITS:
        raise FileNotFoundError("resources/words/english.txt is not the list that was shipped")
    return words
