# SPDX-License-Identifier: Apache-2.0
"""The file of stated metric rules (docs/reference/format.md, ``metric-schema.json``).

* It lies in the store, for everybody who opens it; what names tell is never written down.
* Reading is strict: another spelling, an unknown field or a rule that cannot hold refuses the file.
* Writing is aside, synced, renamed: a reader sees the old rules or the new ones.
"""

from collections.abc import Iterable
from pathlib import Path

from strongroom.disk.whole_file import write_whole
from strongroom.domain.canonical import JsonValue, decode, encode
from strongroom.domain.errors import BadInput, Untrusted
from strongroom.domain.metric_schema import Direction, MetricRule
from strongroom.store.plainfile import read_bounded

FORMAT = 1
MAX_RULES = 20_000  # a person states tens; a script that states every metric still fits
MAX_BYTES = 4 << 20
_FIELDS = {"key", "unit", "direction", "low", "high"}


def read_rules(path: Path) -> tuple[MetricRule, ...]:
    """Returns the stated rules by key; none if there is no file.

    Raises:
        Untrusted: ``E-FORMAT``, ``E-CANON``, ``E-SIZE``, ``E-PATH``; no rule of it counts then.
        OSError: If the disk fails.
    """
    try:
        data = read_bounded(path, MAX_BYTES)
    except FileNotFoundError:
        return ()
    document = decode(data, max_bytes=MAX_BYTES)
    try:
        rules = _rules(document)
    except (KeyError, TypeError, ValueError, AttributeError, BadInput) as error:
        raise Untrusted(
            "E-FORMAT",
            f"The metric rules in {path} cannot be read: {error}",
            "Restore the file from a backup, or remove it and state the rules again.",
        ) from error
    return rules


def write_rules(path: Path, rules: Iterable[MetricRule]) -> None:
    """Writes the stated rules in place of those before, durable when it returns.

    Raises:
        BadInput: ``E-SIZE`` for more rules than a store keeps.
        OSError: If the disk fails; the rules before it stay.
    """
    chosen = sorted(rules, key=lambda rule: rule.key)
    data = encode({"format": FORMAT, "rules": [_document(rule) for rule in chosen]})
    if len(chosen) > MAX_RULES or len(data) > MAX_BYTES:
        raise BadInput("E-SIZE", f"A store keeps at most {MAX_RULES:,} rules", "Forget some.")
    write_whole(path, data)


def _rules(document: JsonValue) -> tuple[MetricRule, ...]:
    if document["format"] != FORMAT or set(document) != {"format", "rules"}:
        raise ValueError("it is of another format")
    if len(document["rules"]) > MAX_RULES:
        raise ValueError(f"it has more than {MAX_RULES:,} rules")
    rules = tuple(_rule(each) for each in document["rules"])
    keys = [rule.key for rule in rules]
    if keys != sorted(set(keys)):
        raise ValueError("its rules are not sorted, or one stands twice")
    return rules


def _document(rule: MetricRule) -> JsonValue:
    return {
        "key": rule.key,
        "unit": rule.unit,
        "direction": rule.direction.value,
        "low": _text(rule.low),
        "high": _text(rule.high),
    }


def _rule(document: JsonValue) -> MetricRule:
    if set(document) != _FIELDS or not all(isinstance(each, str) for each in document.values()):
        raise ValueError("a rule has other fields than it should")
    return MetricRule(
        key=document["key"],
        unit=document["unit"],
        direction=Direction(document["direction"]),
        low=_bound(document["low"]),
        high=_bound(document["high"]),
    )


def _text(bound: float | None) -> str:
    return "" if bound is None else repr(float(bound))


def _bound(text: str) -> float | None:
    if not text:
        return None
    bound = float(text[:40])
    if repr(bound) != text:  # one value, one spelling
        raise ValueError("a bound is spelled another way")
    return bound
