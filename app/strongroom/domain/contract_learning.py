# SPDX-License-Identifier: Apache-2.0
"""A contract proposed from runs that are as they should be: what all of them have, and nearly all.

* A proposal says of how many runs it holds; nothing is in force before a person states it.
* What every run has is proposed as ``must``, what nearly every run has as ``should``.
* A form is proposed only where every value has it; of a metric only the bounds its name tells; of
  a signature the columns that every model at a path has.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from strongroom.domain.captured import FOLDER, is_system_metric
from strongroom.domain.contract import WAIVER
from strongroom.domain.contract_rule import MAX_ALLOWED, ContractRule, Level, Subject
from strongroom.domain.errors import BadInput
from strongroom.domain.metric_schema import learned_rule
from strongroom.domain.model_signature import Columns, LoggedModel, column_text
from strongroom.domain.run import MetricSummary
from strongroom.domain.run_facts import RunFacts
from strongroom.domain.shape import has_shape

NEARLY = 0.8  # of the runs; below that a team has not agreed on it
MOST_WORDS = 12  # of a vocabulary; more of them are values, not words
MOST_ARTIFACTS = 40  # paths that all runs have; a folder of pictures is no agreement
FEWEST_NAMES = 3  # that make a style; two names alike are chance
FORMS = ("boolean", "integer", "number", "date")  # the narrow ones first
STYLES = ("snake_case", "kebab-case", "lower/path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A rule, how many of the runs keep it, and how many runs were looked at."""

    rule: ContractRule
    having: int
    of: int


def propose(runs: Sequence[RunFacts], *, nearly: float = NEARLY) -> tuple[Proposal, ...]:
    """Returns the rules that some runs agree on, by what they are about.

    Args:
        runs: Runs that are as they should be; none propose nothing.
        nearly: The share of runs that makes something worth a ``should``.
    """
    learner = _Learner(len(runs), nearly)
    found = [
        *learner.texts(Subject.PARAM, [run.params for run in runs]),
        *learner.texts(Subject.TAG, [_own(run.tags) for run in runs]),
        *learner.metrics([run.metrics for run in runs]),
        *learner.present(Subject.DATASET, [_contexts(run) for run in runs]),
        *learner.artifacts([_logged(run) for run in runs]),
        *learner.signatures([{each.path: each for each in run.models} for run in runs]),
        *learner.names("params", {name for run in runs for name in run.params}),
        *learner.names("metrics", _metric_names(runs)),
        *learner.names("tags", {name for run in runs for name in _own(run.tags)}),
    ]
    return tuple(sorted(found, key=lambda each: each.rule.about))


def _logged(run: RunFacts) -> set[str]:
    """Returns the files somebody logged; what is captured by itself can be switched off."""
    return {path for path, _ in run.artifacts if not path.startswith(f"{FOLDER}/")}


def _metric_names(runs: Sequence[RunFacts]) -> set[str]:
    return {name for run in runs for name in run.metrics if not is_system_metric(name)}


class _Learner:
    """Counts what runs have in common."""

    def __init__(self, of: int, nearly: float) -> None:
        self._of, self._nearly = of, nearly

    def texts(self, subject: Subject, runs: Sequence[Mapping[str, str]]) -> Iterator[Proposal]:
        """Yields a rule for each param or tag, with the form or the words of its values."""
        for proposal in self.present(subject, runs):
            values = Counter(run[proposal.rule.key] for run in runs if proposal.rule.key in run)
            yield replace(proposal, rule=_formed(proposal.rule, values))

    def metrics(self, runs: Sequence[Mapping[str, MetricSummary]]) -> Iterator[Proposal]:
        """Yields a rule for each metric, with the bounds its name tells if every point keeps them.

        What the machine says of itself under ``system`` or ``sys`` is left out.
        """
        for proposal in self.present(Subject.METRIC, runs):
            key = proposal.rule.key
            if key.partition("/")[0] in {"system", "sys"}:
                continue
            told = learned_rule(key)
            kept = all(not told.breach(run[key]) for run in runs if key in run)
            if kept:
                rule = replace(proposal.rule, low=told.low, high=told.high)
                yield replace(proposal, rule=rule)
            else:
                yield proposal

    def artifacts(self, runs: Sequence[set[str]]) -> Iterator[Proposal]:
        """Yields a rule for each path that every run has, if they are not too many."""
        found = [each for each in self.present(Subject.ARTIFACT, runs) if each.having == each.of]
        chosen = [each for each in found if not set("*?[") & set(each.rule.key)]
        yield from chosen if len(chosen) <= MOST_ARTIFACTS else ()

    def signatures(self, runs: Sequence[Mapping[str, LoggedModel]]) -> Iterator[Proposal]:
        """Yields a rule for each path where every run has a model with a signature."""
        for proposal in self.present(Subject.SIGNATURE, runs):
            path = proposal.rule.key
            found = [run[path] for run in runs if path in run]
            if proposal.having < proposal.of or any(each.lack((), ()) for each in found):
                continue
            inputs = _shared([each.inputs for each in found])
            outputs = _shared([each.outputs for each in found])
            try:
                yield replace(proposal, rule=replace(proposal.rule, inputs=inputs, outputs=outputs))
            except BadInput:  # columns no rule can name
                yield proposal

    def present(self, subject: Subject, runs: Sequence[Iterable[str]]) -> Iterator[Proposal]:
        """Yields a rule that requires each thing all or nearly all runs have."""
        counted = Counter(key for run in runs for key in set(run))
        for key, many in sorted(counted.items()):
            if many < self._of * self._nearly:
                continue
            level = Level.MUST if many == self._of else Level.SHOULD
            try:
                rule = ContractRule(subject=subject, key=key, is_required=True, level=level)
            except BadInput:
                continue  # a name no rule can be about, such as a path of 300 characters
            yield Proposal(rule=rule, having=many, of=self._of)

    def names(self, kind: str, names: set[str]) -> Iterator[Proposal]:
        """Yields the style of all names of a kind, if they are several and have one."""
        style = next((each for each in STYLES if all(has_shape(n, each) for n in names)), "")
        if style and len(names) >= FEWEST_NAMES:
            rule = ContractRule(
                subject=Subject.NAMES, key=kind, shapes=(style,), level=Level.SHOULD
            )
            yield Proposal(rule=rule, having=self._of, of=self._of)


def _shared(signatures: Sequence[Columns]) -> tuple[str, ...]:
    """Returns the named columns that all signatures have, as the first one orders them."""
    everywhere = set(signatures[0]).intersection(*signatures)
    return tuple(column_text(*each) for each in signatures[0] if each[0] and each in everywhere)


def _formed(rule: ContractRule, values: Counter[str]) -> ContractRule:
    """Returns the rule with the narrowest form all values have, or with their words."""
    form = next((each for each in FORMS if all(has_shape(text, each) for text in values)), "")
    if form:
        return replace(rule, shapes=(form,))
    is_repeated = sum(values.values()) >= 2 * len(values) and len(values) <= MOST_WORDS
    words = tuple(sorted(values))
    if is_repeated and len(words) <= MAX_ALLOWED and all(text.strip() for text in words):
        try:
            return replace(rule, allowed=words)
        except BadInput:  # a word longer than a name may be
            return rule
    return rule


def _own(tags: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags people set: not those that programs keep their own facts in."""
    programs = (WAIVER, "mlflow.", "strongroom.")
    return {key: text for key, text in tags.items() if not key.startswith(programs)}


def _contexts(run: RunFacts) -> set[str]:
    return {context for each in run.inputs if (context := each.get("context", ""))}
