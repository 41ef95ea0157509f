# SPDX-License-Identifier: Apache-2.0
"""Figures that stand below or beside each other have the same decimals.

* Decimals are chosen once for all of them; nothing is ever rounded away from a param, unless a
  person chose a form that does.
* NaN and infinity are written as such in every form.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.shown import shown

MOST_DECIMALS = 6
MOST_CHOSEN = 12  # decimals a person may choose; a double has no more that say anything

Form = Literal["auto", "decimals", "percent", "scientific"]
"""Decimals that suit; so many decimals; in percent; with a power of ten."""

FORMS: tuple[tuple[Form, str], ...] = (
    ("auto", "Automatic"),
    ("decimals", "Decimals"),
    ("percent", "Percent"),
    ("scientific", "Scientific"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the figures that belong together are written; None decimals write each as it is."""

    decimals: int | None
    form: Form = "auto"

    @classmethod
    def of_values(cls, values: Sequence[float]) -> "Figures":
        """Returns the decimals that suit most of the values: four significant digits."""
        sizes = sorted(abs(value) for value in values if math.isfinite(value) and value != 0)
        if not sizes:
            return cls(None)
        if all(value.is_integer() for value in values if math.isfinite(value)):
            return cls(0 if sizes[-1] < 1e9 else None)
        usual = median(sizes)
        if usual < 1e-4 or sizes[-1] >= 1e7:
            return cls(None)
        return cls(min(MOST_DECIMALS, max(0, 3 - math.floor(math.log10(max(usual, 0.11))))))

    @classmethod
    def of_texts(cls, texts: Sequence[str]) -> "Figures":
        """Returns the most decimals of texts that are all plain figures."""
        longest = 0
        for text in texts:
            whole, _, fraction = text.partition(".")
            if not (whole.lstrip("-").isdecimal() and (fraction.isdecimal() or not fraction)):
                return cls(None)
            longest = max(longest, len(fraction))
        return cls(longest if longest <= MOST_DECIMALS else None)

    def number(self, value: float) -> str:
        """Returns the words of a number."""
        if not math.isfinite(value):
            return wording.number(value)
        if self.form == "percent":
            return f"{wording.number(value * 100, 1 if self.decimals is None else self.decimals)} %"
        if self.form == "scientific":
            written = f"{value:.{3 if self.decimals is None else self.decimals}e}"
            return written.replace("-", wording.MINUS)
        return wording.number(value, self.decimals)

    def written(self, text: str) -> str:
        """Returns a param's text: filled up with zeros, or in the form a person chose."""
        if self.form != "auto":
            try:
                return self.number(float(text))
            except ValueError:
                return shown(text)
        whole, _, fraction = text.partition(".")
        is_figure = whole.lstrip("-").isdecimal() and (fraction.isdecimal() or not fraction)
        if self.decimals and is_figure and len(fraction) <= self.decimals:
            text = f"{whole}.{fraction.ljust(self.decimals, '0')}"
        return shown(text)
