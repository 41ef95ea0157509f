# SPDX-License-Identifier: Apache-2.0
"""Gates: machine-checked conditions on a request, measured as decimal text.

* The requester's measurement travels in the request; the approver's client measures again and
  shows a difference (formats.md 0.13). The fold looks at the verdict only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from strongroom.domain.canonical import JsonValue
from strongroom.domain.policy import GateRule

PASS, FAIL, WAIVED = "pass", "fail", "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one gate found: the measured value, what it needed, and why it was waived."""

    name: str
    verdict: str
    measured: str
    needed: str
    reason: str = ""

    def to_json(self) -> JsonValue:
        """Returns the object that travels in a request."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "measured": self.measured,
            "needed": self.needed,
            "reason": self.reason,
        }


def measure(
    rules: Sequence[GateRule],
    metrics: Mapping[str, float],
    incumbent: Mapping[str, float] | None,
    waived: Mapping[str, str] | None = None,
) -> tuple[Verdict, ...]:
    """Measures every gate of a policy.

    Args:
        rules: The gates of the policy.
        metrics: The last value of each metric of the proposed version's run.
        incumbent: The same of the version that holds the stage, None if nobody does.
        waived: Gate name to the reason it is waived in writing.
    """
    return tuple(_measure(rule, metrics, incumbent, (waived or {}).get(rule.name, ""))
                 for rule in rules)  # fmt: skip


def _measure(
    rule: GateRule,
    metrics: Mapping[str, float],
    incumbent: Mapping[str, float] | None,
    waiver: str,
) -> Verdict:
    threshold = _threshold(rule, incumbent)
    needed = f"{rule.op} {rule.value}" if threshold is None else f"{rule.op} {threshold}"
    value = metrics.get(rule.metric)
    measured = "" if value is None else decimal_text(value)
    holds = False
    if rule.value.startswith("incumbent") and incumbent is None:
        holds, needed = True, "nobody holds the stage"
    elif value is not None and threshold is not None and value == value:  # noqa: PLR0124 - NaN
        number = Decimal(repr(value))
        holds = number >= threshold if rule.op == ">=" else number <= threshold
    verdict = PASS if holds else (WAIVED if waiver else FAIL)
    return Verdict(
        name=rule.name,
        verdict=verdict,
        measured=measured,
        needed=needed,
        reason=waiver if verdict == WAIVED else "",
    )


def decimal_text(value: float) -> str:
    """Writes a number as decimal text, because signed documents hold no floats."""
    return repr(float(value))


def _threshold(rule: GateRule, incumbent: Mapping[str, float] | None) -> Decimal | None:
    text = rule.value
    base = Decimal(0)
    if text.startswith("incumbent"):
        if incumbent is None or rule.metric not in incumbent:
            return None
        base = Decimal(repr(incumbent[rule.metric]))
        text = text.removeprefix("incumbent") or "0"
    try:
        return base + Decimal(text)
    except InvalidOperation:
        return None
