# SPDX-License-Identifier: Apache-2.0
"""What a contract asks and what a run breaks, each as one sentence for every screen and log."""

from strongroom.domain.contract_rule import ANY, NAMED_KINDS, ContractRule, Subject
from strongroom.domain.number_text import as_number
from strongroom.domain.query import Misnamed
from strongroom.domain.query_holds import holds, misnamed, unsigned
from strongroom.domain.run import MetricSummary
from strongroom.domain.run_facts import RunFacts
from strongroom.domain.shape import has_any_shape, in_words

SHOWN = 60  # characters of a value in a sentence
LISTED = 3  # words of a vocabulary, or wrong names, in a sentence

_NOUNS = {
    Subject.PARAM: "param",
    Subject.METRIC: "metric",
    Subject.TAG: "tag",
    Subject.DATASET: "dataset",
    Subject.ARTIFACT: "artifact",
    Subject.SIGNATURE: "signature of",
}


def asks(rule: ContractRule) -> str:
    """Returns what a rule asks, without its subject: ``is there, a number, from 0 to 1``."""
    if rule.subject is Subject.CONDITION:
        return rule.must
    parts = ["is there"] if rule.is_required else []
    if rule.subject is Subject.NAMES:
        parts.append(f"are {in_words(rule.shapes)}")
        if rule.allowed:
            parts.append(f"or {_some(rule.allowed)}")
        return " ".join(parts)
    if rule.subject is Subject.SIGNATURE:
        return ", ".join(_of_signature(rule))
    if rule.shapes:
        parts.append(in_words(rule.shapes))
    if rule.allowed:
        parts.append(f"{'is' if rule.subject is Subject.DATASET else 'one of'} "
                     f"{_some(rule.allowed)}")  # fmt: skip
    if rule.low is not None or rule.high is not None:
        parts.append(_range(rule))
    return ", ".join(parts)


def subject_words(rule: ContractRule) -> str:
    """Returns what a rule is about: ``param lr``, ``names of tags``, ``any dataset``."""
    if rule.subject is Subject.NAMES:
        return f"names of {rule.key}"
    if rule.subject is Subject.CONDITION:
        return f"condition {_cut(rule.key)}"
    if rule.subject is Subject.DATASET:
        return "a dataset" if rule.key == ANY else f"a dataset for {_cut(rule.key)}"
    if rule.subject is Subject.SIGNATURE and rule.key == ANY:
        return "signature of a model"
    return f"{_NOUNS[rule.subject]} {_cut(rule.key)}"


def sentence(rule: ContractRule, run: RunFacts) -> str:
    """Returns how a run breaks a rule, without an end; for a run that does break it."""
    if rule.subject is Subject.NAMES:
        return _names(rule, run)
    if rule.subject is Subject.CONDITION:
        return f"{rule.key}: {_cut(rule.must, 200)} does not hold"
    if holds(rule.lacking(), run):
        what = subject_words(rule)
        known = f" named {_some(rule.allowed)}" if rule.subject is Subject.DATASET else ""
        return f"{what} is missing{known if rule.allowed else ''}"
    if rule.subject is Subject.SIGNATURE:
        path, lack = next(iter(unsigned(rule.unsigned(), run)))
        return f"signature of {_cut(path) or 'the model'} {_cut(lack, 200)}"
    if rule.subject is Subject.METRIC:
        return _metric(rule, run.metrics[rule.key])
    values = run.params if rule.subject is Subject.PARAM else run.tags
    text = values[rule.key]
    return f"{subject_words(rule)} is {_quoted(text)}, {_unmet(rule, text)}"


def _of_signature(rule: ContractRule) -> list[str]:
    parts = ["is there"] if rule.is_required else ["is there with each model"]
    for words, columns in (("takes", rule.inputs), ("gives", rule.outputs)):
        if columns:
            parts.append(f"{words} {_some(columns)}")
    return parts


def _unmet(rule: ContractRule, text: str) -> str:
    """Returns the first of what a rule asks of a text that the text is not."""
    if rule.shapes and not has_any_shape(text, rule.shapes):
        return f"not {in_words(rule.shapes)}"
    if rule.allowed and text not in rule.allowed:
        return f"not one of {_some(rule.allowed)}"
    if as_number(text) is None:
        return f"not a number {_range(rule)}"
    return f"not {_range(rule)}"


def _metric(rule: ContractRule, summary: MetricSummary) -> str:
    if rule.high is not None and summary.maximum > rule.high:
        return f"metric {_cut(rule.key)} reached {summary.maximum:.6g}, not {_range(rule)}"
    return f"metric {_cut(rule.key)} fell to {summary.minimum:.6g}, not {_range(rule)}"


def _names(rule: ContractRule, run: RunFacts) -> str:
    kind = NAMED_KINDS[rule.key]
    found = tuple(misnamed(Misnamed(kind=kind, shapes=rule.shapes, known=rule.allowed), run))
    verb = "is" if len(found) == 1 else "are"
    return f"{rule.key} {_some(found)} {verb} not {in_words(rule.shapes)}"


def _range(rule: ContractRule) -> str:
    low, high = (None if each is None else f"{each:.10g}" for each in (rule.low, rule.high))
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


def _some(words: tuple[str, ...]) -> str:
    named = ", ".join(_cut(word) for word in words[:LISTED])
    return f"{named} and {len(words) - LISTED:,} more" if len(words) > LISTED else named


def _quoted(text: str) -> str:
    return f"“{_cut(text)}”"


def _cut(text: str, most: int = SHOWN) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
