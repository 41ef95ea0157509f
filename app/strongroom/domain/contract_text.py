# SPDX-License-Identifier: Apache-2.0
"""A contract as text, for people and for git: TOML of one spelling (docs/reference/contracts.md).

* Reading is strict: another format number, an unknown word or a rule that cannot stand refuses
  the whole text. What is read is bounded before it is read.
* Writing leaves out what is as usual; reading it back gives the same contract.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from strongroom.domain.contract import Contract
from strongroom.domain.contract_rule import ContractRule, Level, Subject, parse_about, refused
from strongroom.domain.errors import BadInput

FORMAT = 2  # since rules about signatures; a contract without them is written as 1
MAX_BYTES = 1 << 20  # 200 rules with vocabularies of a thousand words still fit

_WORDS = {"format", "name", "version", "experiments", "note", "retired", "rule"}
_RULE_WORDS = {
    "about", "required", "shape", "allowed", "low", "high", "inputs", "outputs", "must", "level",
    "why",
}  # fmt: skip


def parse_contract(data: bytes) -> Contract:
    """Reads a contract.

    Raises:
        BadInput: ``E-CONTRACT`` with what is wrong and where, ``E-FORMAT`` for a newer format.
    """
    import tomllib  # a program without a contract does not pay for it

    if len(data) > MAX_BYTES:
        raise refused(f"A contract has at most {MAX_BYTES:,} bytes")
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refused(f"The contract is not TOML: {str(error)[:200]}") from error
    return _contract(document)


def write_contract(contract: Contract) -> str:
    """Returns the text of a contract."""
    return "\n".join(_lines(contract)) + "\n"


def _contract(document: dict[str, Any]) -> Contract:
    number = document.get("format")
    if type(number) is int and number > FORMAT:
        raise BadInput(
            "E-FORMAT",
            f"The contract has format {number}, and this Strongroom knows {FORMAT}",
            "Read it with a newer Strongroom.",
        )
    if type(number) is not int or number < 1:
        raise refused("A contract begins with format = 1")
    _check_words(document, _WORDS, "A contract")
    rules = _typed(document, "rule", list, [])
    if not all(isinstance(each, dict) for each in rules):
        raise refused("Each rule begins with [[rule]]")
    contract = Contract(
        name=_typed(document, "name", str, ""),
        version=_typed(document, "version", int, 1),
        experiments=_texts(document, "experiments", ("*",)),
        rules=tuple(sorted(map(_rule, rules), key=lambda rule: rule.about)),
        note=_typed(document, "note", str, ""),
        is_retired=_typed(document, "retired", bool, False),
    )
    if number < _format(contract):
        raise refused(f"A rule about signatures needs format = {FORMAT}")
    return contract


def _format(contract: Contract) -> int:
    """Returns the number of the oldest format that says it: older programs go on reading those."""
    return FORMAT if any(each.subject is Subject.SIGNATURE for each in contract.rules) else 1


def _rule(document: dict[str, Any]) -> ContractRule:
    _check_words(document, _RULE_WORDS, "A rule")
    subject, key = parse_about(_typed(document, "about", str, ""))
    level = _typed(document, "level", str, Level.MUST.value)
    if level not in set(Level):
        raise refused(f"The level {level[:40]!r} is neither must nor should")
    return ContractRule(
        subject=subject,
        key=key,
        is_required=_typed(document, "required", bool, False),
        shapes=_texts(document, "shape", ()),
        allowed=_texts(document, "allowed", ()),
        low=_bound(document, "low"),
        high=_bound(document, "high"),
        inputs=_texts(document, "inputs", ()),
        outputs=_texts(document, "outputs", ()),
        must=_typed(document, "must", str, ""),
        level=Level(level),
        why=_typed(document, "why", str, ""),
    )


def _check_words(document: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(document) - known)
    if unknown:
        raise refused(f"{what} knows nothing of {unknown[0][:40]!r}")


def _typed(document: Mapping[str, Any], word: str, kind: type, usual: Any) -> Any:  # noqa: ANN401 - of the kind that is asked for
    value = document.get(word, usual)
    if type(value) is not kind:
        raise refused(f"{word} is of another type than it should be")
    return value


def _texts(document: Mapping[str, Any], word: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    value = document.get(word, usual)
    many = (value,) if isinstance(value, str) else value
    if not isinstance(many, list | tuple) or not all(isinstance(each, str) for each in many):
        raise refused(f"{word} is a text, or a list of texts")
    return tuple(many)


def _bound(document: Mapping[str, Any], word: str) -> float | None:
    value = document.get(word)
    if value is None:
        return None
    if type(value) not in {int, float} or abs(value) > 1e308:  # 1e308 bounds whole numbers too
        raise refused(f"{word} is no number")
    return float(value)


def _lines(contract: Contract) -> Iterator[str]:
    yield f"format = {_format(contract)}"
    yield f"name = {_text(contract.name)}"
    yield f"version = {contract.version}"
    yield f"experiments = {_list(contract.experiments)}"
    if contract.note:
        yield f"note = {_text(contract.note)}"
    if contract.is_retired:
        yield "retired = true"
    for rule in sorted(contract.rules, key=lambda each: each.about):
        yield ""
        yield "[[rule]]"
        yield from _rule_lines(rule)


def _rule_lines(rule: ContractRule) -> Iterator[str]:
    yield f"about = {_text(rule.about)}"
    if rule.is_required:
        yield "required = true"
    if rule.shapes:
        yield f"shape = {_list(rule.shapes)}"
    if rule.allowed:
        yield f"allowed = {_list(rule.allowed)}"
    for word, bound in (("low", rule.low), ("high", rule.high)):
        if bound is not None:
            yield f"{word} = {bound!r}"
    for word, columns in (("inputs", rule.inputs), ("outputs", rule.outputs)):
        if columns:
            yield f"{word} = {_list(columns)}"
    if rule.must:
        yield f"must = {_text(rule.must)}"
    if rule.level is not Level.MUST:
        yield f"level = {_text(rule.level.value)}"
    if rule.why:
        yield f"why = {_text(rule.why)}"


def _list(texts: tuple[str, ...]) -> str:
    return _text(texts[0]) if len(texts) == 1 else f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    """Writes a text as a basic string; JSON's escapes are TOML's, but for DEL."""
    written = json.dumps(text, ensure_ascii=False)
    return written.replace("\x7f", "\\u007f")
