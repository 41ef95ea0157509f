# SPDX-License-Identifier: Apache-2.0
"""What the columns of a dataset hold, in a few numbers each: enough to see that it has changed.

* A profile is kept as one bounded JSON text beside the dataset's digest, and read back strictly.
* No value is named that fewer than `FEWEST_NAMED` rows share, and no text is shown as an end of a
  range: a profile travels with the run, the people in the data do not.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

FORMAT = 1
MAX_TEXT_BYTES = 128 << 10  # a run's record holds several
MOST_COLUMNS = 500
MOST_NAMED = 10
FEWEST_NAMED = 5
LONGEST_NAMED = 64
QUANTILES = ("5%", "25%", "50%", "75%", "95%")
KINDS = frozenset({"integer", "number", "boolean", "text", "time", "mixed", "other"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column: how many values were looked at, how many are missing, and how they are spread.

    Numbers that are not known are None; ``minimum`` and ``maximum`` of times are ISO texts.
    """

    name: str
    kind: str
    count: int
    missing: int | None = None
    distinct: int | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[tuple[str, float], ...] = ()
    top: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataProfile:
    """All columns of a dataset; ``rows`` None if they were not counted.

    ``left_out`` counts columns beyond those that are told. ``is_sampled`` says that a column was
    looked at in part; its ``count`` then says how much of it.
    """

    rows: int | None
    columns: tuple[ColumnProfile, ...]
    left_out: int = 0
    is_sampled: bool = False

    def as_text(self) -> str:
        """Returns the JSON a run keeps; columns that do not fit are counted as left out."""
        kept = list(map(_column_document, self.columns[:MOST_COLUMNS]))
        while True:
            left_out = self.left_out + len(self.columns) - len(kept)
            text = json.dumps(
                {
                    "format": FORMAT,
                    "rows": self.rows,
                    "columns": kept,
                    "left_out": left_out,
                    "sampled": self.is_sampled,
                },
                separators=(",", ":"),
                ensure_ascii=True,
                allow_nan=False,
            )
            if len(text) <= MAX_TEXT_BYTES or not kept:
                return text
            del kept[len(kept) * 3 // 4 :]

    @property
    def words(self) -> str:
        """One line for people: how many columns of which kind, and how much is missing."""
        kinds: dict[str, int] = {}
        for column in self.columns:
            kinds[column.kind] = kinds.get(column.kind, 0) + 1
        told = [f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda e: -e[1])]
        total = len(self.columns) + self.left_out
        known = [each for each in self.columns if each.missing is not None]
        looked_at = sum(each.count for each in known)
        missing = sum(each.missing or 0 for each in known)
        share = f"{missing / looked_at:.3%} missing" if missing else "nothing missing"
        head = f"{total} column{'s' if total != 1 else ''}"
        sampled = ["looked at in part"] if self.is_sampled else []
        parts = [f"{head}: {', '.join(told)}" if told else head]
        return "; ".join([*parts, *([share] if looked_at else []), *sampled])


def read_profile(text: str) -> DataProfile | None:
    """Returns the profile of a text, None if it is none or of a later format."""
    if len(text) > MAX_TEXT_BYTES:
        return None
    try:
        found = json.loads(text, parse_constant=_refuse)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            return None
        columns = tuple(_column(each) for each in found["columns"][:MOST_COLUMNS])
        return DataProfile(
            rows=_whole(found.get("rows")),
            columns=columns,
            left_out=_whole(found.get("left_out")) or 0,
            is_sampled=found.get("sampled") is True,
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def most_named(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Returns the most frequent values that enough rows share, the most frequent first."""
    shared = [(value, count) for value, count in counts.items() if count >= FEWEST_NAMED]
    shared.sort(key=lambda each: (-each[1], each[0]))
    return tuple((value[:LONGEST_NAMED], count) for value, count in shared[:MOST_NAMED])


def finite(profile: ColumnProfile) -> ColumnProfile:
    """Returns the profile without numbers that JSON cannot say."""
    return replace(
        profile,
        minimum=_finite(profile.minimum),
        maximum=_finite(profile.maximum),
        mean=_number(_finite(profile.mean)),
        deviation=_number(_finite(profile.deviation)),
        quantiles=tuple((name, each) for name, each in profile.quantiles if math.isfinite(each)),
    )


def _column_document(column: ColumnProfile) -> dict[str, Any]:
    known = finite(column)
    document: dict[str, Any] = {
        "name": known.name[: 4 * LONGEST_NAMED],
        "kind": known.kind,
        "count": known.count,
        "missing": known.missing,
        "distinct": known.distinct,
        "min": known.minimum,
        "max": known.maximum,
        "mean": known.mean,
        "std": known.deviation,
    }
    document = {key: each for key, each in document.items() if each is not None}
    if known.quantiles:
        document["quantiles"] = dict(known.quantiles)
    if known.top:
        document["top"] = [list(each) for each in known.top]
    return document


def _column(found: Mapping[str, Any]) -> ColumnProfile:
    name, kind, count = found["name"], found["kind"], _whole(found["count"])
    if not isinstance(name, str) or kind not in KINDS or count is None:
        raise ValueError("no column")
    quantiles = found.get("quantiles", {})
    return ColumnProfile(
        name=name,
        kind=kind,
        count=count,
        missing=_whole(found.get("missing")),
        distinct=_whole(found.get("distinct")),
        minimum=_end(found.get("min")),
        maximum=_end(found.get("max")),
        mean=_number(found.get("mean")),
        deviation=_number(found.get("std")),
        quantiles=tuple((each, float(quantiles[each])) for each in QUANTILES if each in quantiles),
        top=tuple(_pairs(found.get("top", ()))),
    )


def _pairs(found: Iterable[Any]) -> Iterable[tuple[str, int]]:
    for value, count in list(found)[:MOST_NAMED]:
        if not isinstance(value, str) or type(count) is not int:
            raise ValueError("no value and its count")
        yield value, count


def _end(value: object) -> float | str | None:
    return value[:LONGEST_NAMED] if isinstance(value, str) else _number(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _whole(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _finite(value: float | str | None) -> float | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refuse(text: str) -> float:
    raise ValueError(text)
