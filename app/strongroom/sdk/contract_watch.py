# SPDX-License-Identifier: Apache-2.0
"""Holds a run to its contracts while it logs: each broken rule is said once, nothing is refused.

* A param, a tag, a name is judged when it comes, by the rule's own filter; of a metric only the
  keys with bounds are looked at, and no longer once they broke one.
* What is lacking is said at the end, by a process that logged the run alone. Conditions are left
  to the store, which knows all points.
* Whatever goes wrong in here ends the watching, never the training.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, cast

from strongroom.domain.contract import Contract, ContractRule, Subject
from strongroom.domain.contract_sentence import sentence
from strongroom.domain.model import MODEL_FILE
from strongroom.domain.model_signature import model_of
from strongroom.domain.query_holds import holds
from strongroom.domain.run import MetricSummary, RunStatus
from strongroom.domain.run_facts import RunFacts
from strongroom.journal.layout import Kind
from strongroom.sdk.losses import LOG

P = ParamSpec("P")
_NAMES = {Kind.PARAM: "params", Kind.TAG: "tags"}
_SUBJECTS = {Kind.PARAM: Subject.PARAM, Kind.TAG: Subject.TAG}


def _gives_up(
    method: "Callable[Concatenate[ContractWatch, P], None]",
) -> "Callable[Concatenate[ContractWatch, P], None]":
    """Ends the watching at the first thing that goes wrong."""

    @wraps(method)
    def guarded(self: "ContractWatch", *args: P.args, **kwargs: P.kwargs) -> None:
        if self.is_off:
            return
        try:
            method(self, *args, **kwargs)
        except Exception:  # noqa: BLE001 - training goes on whatever happened
            self.is_off = True
            self.bounded.clear()
            LOG.warning("The run is no longer held to its contract here.", exc_info=True)

    return cast("Callable[Concatenate[ContractWatch, P], None]", guarded)


class ContractWatch:
    """Watches one run.

    Args:
        contracts: Those that speak for it.
        experiment: Of the run.
        name: What the run is called in a warning.
        is_whole: Whether this process alone logs it, from its beginning.

    Attributes:
        bounded: The least and the largest value of each metric that is looked at.
    """

    def __init__(
        self, contracts: Sequence[Contract], experiment: str, name: str, *, is_whole: bool
    ) -> None:
        self.is_off = False
        self._experiment, self._name, self._is_whole = experiment, name, is_whole
        self._rules: dict[str, list[tuple[str, ContractRule]]] = {}
        for contract in contracts:
            for rule in contract.rules:
                self._rules.setdefault(rule.about, []).append((contract.title, rule))
        self.bounded = {
            key.partition(".")[2]: limits
            for key, rules in self._rules.items()
            if key.startswith(f"{Subject.METRIC.value}.")
            and (limits := _limits(rule for _, rule in rules)) != (-math.inf, math.inf)
        }
        self._params: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._inputs: list[dict[str, str]] = []
        self._said: set[tuple[str, str]] = set()

    @_gives_up
    def record(self, kind: Kind, body: dict[str, object]) -> None:
        """Looks at a param, a tag or an input that was logged."""
        if kind is Kind.INPUT:
            self._inputs.append({key: str(value) for key, value in body.items()})
        if kind not in _NAMES:
            return
        key, value = str(body["key"]), body["value"]
        held = self._params if kind is Kind.PARAM else self._tags
        if value is None and kind is Kind.TAG:
            held.pop(key, None)
            return
        held[key] = value if isinstance(value, str) else str(value)
        one = {key: held[key]}
        if kind is Kind.PARAM:
            facts = RunFacts(experiment=self._experiment, params=one)
        else:
            facts = RunFacts(experiment=self._experiment, tags=one)
        self._judge(f"{_SUBJECTS[kind].value}.{key}", key, facts)
        self._judge(f"names.{_NAMES[kind]}", key, facts)

    @_gives_up
    def metric(self, key: str) -> None:
        """Looks at the name of a metric that was not seen before."""
        self._judge("names.metrics", key, self._with(key, 0.0, 0.0))

    @_gives_up
    def values(self, key: str, values: Iterable[float]) -> None:
        """Looks at values of a metric with bounds; one that broke them is not looked at again."""
        numbers = [value for value in values if value == value]  # noqa: PLR0124 - NaN
        if not numbers or key not in self.bounded:
            return
        facts = self._with(key, min(numbers), max(numbers))
        if self._judge(f"metrics.{key}", key, facts):
            self.bounded.pop(key, None)

    @_gives_up
    def model(self, path: str, data: bytes | Path) -> None:
        """Looks at the signature of a model that was logged, by its ``MLmodel`` file.

        Args:
            path: The folder of the model among the artifacts.
            data: The file; it is JSON, because `log_model` wrote it.
        """
        rules = [each for each in self._rules if each.startswith(f"{Subject.SIGNATURE.value}.")]
        if not rules or not isinstance(data, bytes):
            return
        signature = json.loads(data).get("signature") or {}
        model = model_of(f"{path.strip('/')}/{MODEL_FILE}", signature)
        facts = RunFacts(experiment=self._experiment, models=(model,))
        for about in rules:
            self._judge(about, path, facts)

    @_gives_up
    def end(self, status: RunStatus, metrics: Iterable[str], artifacts: Iterable[str]) -> None:
        """Says what a run lacks that has finished."""
        if not self._is_whole or status is not RunStatus.FINISHED:
            return
        facts = RunFacts(
            experiment=self._experiment,
            status=status,
            params=self._params,
            tags=self._tags,
            metrics={key: _summary(0.0, 0.0) for key in metrics},
            inputs=self._inputs,
            artifacts=[(path, "") for path in artifacts],
        )
        lacking = [
            f"{sentence(rule, facts)} ({title})"
            for rules in self._rules.values()
            for title, rule in rules
            if rule.subject is not Subject.CONDITION and holds(rule.lacking(), facts)
        ]
        if lacking:
            LOG.warning(
                "Run %s ends without what is asked of it: %s", self._name, "; ".join(lacking)
            )

    def _judge(self, about: str, key: str, facts: RunFacts) -> bool:
        """Says which rules about something are broken, each once; whether one is."""
        is_broken = False
        for title, rule in self._rules.get(about, ()):
            if not holds(rule.failing(), facts):
                continue
            is_broken = True
            if (about, key) not in self._said:
                self._said.add((about, key))
                words = sentence(rule, facts)
                why = f" {rule.why}" if rule.why else ""
                LOG.warning("Run %s: %s (contract %s).%s", self._name, words, title, why)
        return is_broken

    def _with(self, key: str, low: float, high: float) -> RunFacts:
        return RunFacts(experiment=self._experiment, metrics={key: _summary(low, high)})


def _limits(rules: Iterable[ContractRule]) -> tuple[float, float]:
    """Returns the narrowest bounds of several rules, infinite where there are none."""
    low, high = -math.inf, math.inf
    for rule in rules:
        low = low if rule.low is None else max(low, rule.low)
        high = high if rule.high is None else min(high, rule.high)
    return low, high


def _summary(low: float, high: float) -> MetricSummary:
    return MetricSummary(count=1, last=high, last_step=0, minimum=low, maximum=high)
