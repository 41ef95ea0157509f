# SPDX-License-Identifier: Apache-2.0
"""Secrets in texts and values: where one seems to stand, and how it may be shown.

* A finding never holds the secret: it names the place, the kind and at most the leading characters
  that tell the kind.
* Values under a name are judged by name and value, running text by its lines.
* An override names content by digest, place and rule. It holds no digest of the secret, which a
  weak password would not survive.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from strongroom.domain.canonical import JsonValue
from strongroom.domain.errors import Refused
from strongroom.domain.secret_rules import (
    PASSWORD,
    RANDOM,
    RULES,
    TOKEN,
    TOO_MANY,
    SecretRule,
    is_password,
    is_placeholder,
    is_random,
    is_token,
)

MAX_SEEN = 50  # places of one content that are told apart; whoever reads fifty knows enough
MAX_PLACE = 200  # characters of a place; it stands in an event for good
MAX_LINE = 65_536  # characters looked at together; longer lines are read in overlapping pieces
OVERLAP = 9_216  # longer than any key that is written in one line, with the name before it
MAX_DEPTH = 32

_ASSIGNED = re.compile(
    r"""(?i)([A-Za-z_][\w.-]{0,80})["']?\s{0,32}"""
    r"""(?::\s{0,4}[A-Za-z_][\w.|\[\] ]{0,40}(?==\s{0,8}["']))?"""  # a type before the value
    r"""(?:=>|:=|[:=])\s{0,8}"""
    r"""(?:"([^"\\]{1,400})"|'([^'\\]{1,400})'|([^\s"',;#(){}\[\]<>]{1,400}))"""
)
_SPACED = re.compile(r"--?([A-Za-z][\w.-]{0,80})[ =]([^\s\"']{1,400})")
_NAMING = tuple(sorted({*PASSWORD.anchors, *TOKEN.anchors}))
_ANCHORED = tuple((rule, rule.anchors) for rule in RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretHit:
    """One suspicion in one text: the place in people's words, the rule, and a harmless hint."""

    place: str
    rule: SecretRule
    hint: str


OverrideKey = tuple[str, str, str]
"""What an override covers: the digest of the content, the place in it, the id of the rule."""

OVERRIDE_KINDS = {
    "false-positive": "It is no secret",
    "test-value": "It opens nothing: an example or a test value",
    "accepted": "It is one, and everybody who reads this may have it",
}
"""Why a suspicion is let through, by its id in the signed event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFinding:
    """One suspicion in something that is about to leave.

    ``object`` is the digest of the content or the id of the event, ``owner`` what people call it,
    ``path`` the file in it. ``allowed_by`` names who let it through on record, "" if nobody did.
    """

    object: str
    owner: str
    path: str
    place: str
    rule: str
    title: str
    hint: str
    allowed_by: str = ""

    @property
    def key(self) -> OverrideKey:
        """Returns what an override of it names."""
        return self.object, self.place, self.rule

    @property
    def is_allowable(self) -> bool:
        """Whether somebody can let it through: only what can be shown can be judged."""
        return self.rule != TOO_MANY.id

    @property
    def id(self) -> str:
        """Returns a short name for it that is the same on every workstation."""
        return hashlib.sha256("\n".join(self.key).encode()).hexdigest()[:12]

    @property
    def sentence(self) -> str:
        """Returns where it stands and what it seems to be, never the secret itself."""
        return f"{self.owner}, {self.path}, {self.place}: {self.title} ({self.hint})"

    def to_json(self) -> dict[str, JsonValue]:
        """Returns the finding as commands print it."""
        return {
            "id": self.id,
            "object": self.object,
            "owner": self.owner,
            "path": self.path,
            "place": self.place,
            "rule": self.rule,
            "title": self.title,
            "hint": self.hint,
            "allowed_by": self.allowed_by,
        }


_ON_RECORD = (
    "What is none is let through on record: strongroom secrets allow ID --kind KIND --reason TEXT."
)
_NO_RECORD = (
    "What is none is let through in the log of a team, and this store has none yet:"
    " strongroom team create NAME."
)


class SecretsFound(Refused):
    """Something that seems to be a secret would have left; nothing did.

    Args:
        findings: Those that nobody let through, not empty.
        where: Where it would have gone: ``share``.
        has_record: Whether there is a log in which somebody could let them through.
    """

    def __init__(
        self, findings: tuple[SecretFinding, ...], where: str, *, has_record: bool = True
    ) -> None:
        count = len(findings)
        what = "1 secret" if count == 1 else f"{count:,} secrets"
        shown = findings[:MAX_SEEN]
        super().__init__(
            "E-SECRET",
            f"{what} would leave this store for {where}; nothing was copied",
            "Change the secret where it is valid, for it may be known already. "
            + (_ON_RECORD if has_record else _NO_RECORD),
            details=tuple(f"{finding.id}  {finding.sentence}" for finding in shown),
        )
        self.findings = findings


def hits_in_text(
    text: str, *, first_line: int = 1, own: tuple[int, int] | None = None
) -> Iterator[SecretHit]:
    """Yields what seems to be a secret in running text; places are ``line 12``.

    Args:
        text: The text.
        first_line: The number of its first line.
        own: Where hits may begin, from a character up to another; what stands around it is only
            looked at. All of it if None.
    """
    first, last = own or (0, len(text))
    at = 0
    for number, line in enumerate(text.split("\n"), start=first_line):
        for start, hit in _hits_in_line(line, f"line {number}"):
            if first <= at + start < last:
                yield hit
        at += len(line) + 1


def grouped(hits: Iterable[SecretHit]) -> tuple[SecretHit, ...]:
    """Returns the hits of one content by place and rule; a place says how often, if more than once.

    Whoever lets a place through lets all of it through, so it has to say how much that is. What
    goes beyond `MAX_SEEN` places is one hit that nobody can let through.
    """
    found: dict[tuple[str, str], tuple[SecretHit, int]] = {}
    is_more = False
    for hit in hits:
        key = (hit.place[:MAX_PLACE], hit.rule.id)
        if key not in found and len(found) == MAX_SEEN:
            is_more = True
            break
        first, times = found.get(key, (hit, 0))
        found[key] = (first, times + 1)
    told = [
        SecretHit(place=f"{place}, {times:,} times" if times > 1 else place,
                  rule=hit.rule, hint=hit.hint)
        for (place, _), (hit, times) in found.items()
    ]  # fmt: skip
    if is_more:
        told.append(
            SecretHit(
                place=f"beyond {MAX_SEEN} places",
                rule=TOO_MANY,
                hint="take them out, or split the file",
            )
        )
    return tuple(told)


def hits_in_value(name: str, value: str, place: str) -> Iterator[SecretHit]:
    """Yields what seems to be a secret in a named value: a param, a tag, a fact of a run."""
    if PASSWORD.pattern.search(name) and is_password(value):
        yield SecretHit(place=place, rule=PASSWORD, hint=_hint(PASSWORD, value))
        return
    if TOKEN.pattern.search(name) and is_token(value):
        yield SecretHit(place=place, rule=TOKEN, hint=_hint(TOKEN, value))
        return
    found = False
    for line in value.splitlines():
        for _, hit in _hits_in_line(line, place):
            found = True
            yield hit
    if not found and is_random(value.strip()):
        yield SecretHit(place=place, rule=RANDOM, hint=_hint(RANDOM, value.strip()))


def hits_in_document(
    document: JsonValue, place: str = "", *, name: str = "", depth: int = 0
) -> Iterator[SecretHit]:
    """Yields what seems to be a secret among the texts of a JSON document, by the path to each."""
    if depth > MAX_DEPTH:
        return
    if isinstance(document, str):
        yield from hits_in_value(name, document, place)
    elif isinstance(document, Mapping):
        for key, value in document.items():
            names = [hit for _, hit in _hits_in_line(str(key), place) if hit.rule.is_certain]
            yield from names
            shown = "…" if names else str(key)  # a place is signed, and never holds a secret
            below = f"{place}.{shown}" if place else shown
            yield from hits_in_document(value, below, name=str(key), depth=depth + 1)
    elif isinstance(document, list):
        for value in document:
            yield from hits_in_document(value, place, name=name, depth=depth + 1)


def certain_hits(document: JsonValue) -> Iterator[SecretHit]:
    """Yields secrets in a document that are known by their own form.

    What is signed is full of digests and ids, which look as random as a key.
    """
    return (hit for hit in hits_in_document(document) if hit.rule.is_certain)


def anchors() -> tuple[bytes, ...]:
    """Returns what stands, in lower case, in every line that could hold a secret."""
    return _BYTES


_BYTES = tuple(
    anchor.encode() for anchor in sorted({*(a for rule in RULES for a in rule.anchors), *_NAMING})
)


def _hits_in_line(line: str, place: str) -> Iterator[tuple[int, SecretHit]]:
    """Yields where each hit begins, once, however long the line is."""
    if len(line) <= MAX_LINE:
        yield from _hits_in_piece(line, place)
        return
    step = MAX_LINE - 2 * OVERLAP
    for at in range(0, len(line), step):
        begin = max(0, at - OVERLAP)
        for start, hit in _hits_in_piece(line[begin : at + step + OVERLAP], place):
            if at <= begin + start < at + step:
                yield begin + start, hit


def _hits_in_piece(text: str, place: str) -> Iterator[tuple[int, SecretHit]]:
    lowered = text.lower()
    taken: list[tuple[int, int]] = []
    for rule, anchors in _ANCHORED:
        if not any(anchor in lowered for anchor in anchors):
            continue
        for found in rule.pattern.finditer(text):
            value = found.group(1)
            if not rule.is_certain and is_placeholder(value):
                continue
            if not _overlaps(taken, found.span(1)):
                taken.append(found.span(1))
                yield found.start(), SecretHit(place=place, rule=rule, hint=_hint(rule, value))
    if any(anchor in lowered for anchor in _NAMING):
        yield from _assigned(text, place, taken)


def _assigned(
    text: str, place: str, taken: list[tuple[int, int]]
) -> Iterator[tuple[int, SecretHit]]:
    """Yields passwords and tokens that stand after their name."""
    for pattern in (_ASSIGNED, _SPACED):
        for found in pattern.finditer(text):
            group = next(n for n in range(2, pattern.groups + 1) if found.group(n) is not None)
            name, value = found.group(1), found.group(group)
            rule = next((r for r in (PASSWORD, TOKEN) if r.pattern.search(name)), None)
            if rule is None or _overlaps(taken, found.span(group)):
                continue
            # Bare words after a colon are prose or a type; a quoted or equalled one is a value.
            if rule is PASSWORD and not is_password(value):
                continue
            if rule is PASSWORD and group == pattern.groups and not _is_value(text, found, value):
                continue
            if rule is TOKEN and not is_token(value):
                continue
            taken.append(found.span(group))
            yield found.start(), SecretHit(place=place, rule=rule, hint=_hint(rule, value))


def _is_value(text: str, found: re.Match[str], value: str) -> bool:
    """Whether a bare word after the name of a password is a value and no word of a sentence."""
    between = text[found.end(1) : found.end() - len(value)]
    is_set = "=" in between or found.re is _SPACED
    is_call = text[found.end() : found.end() + 1] in {"(", "["} or "." in value
    return not is_call and (is_set or not value.isalpha())


def _overlaps(taken: Iterable[tuple[int, int]], span: tuple[int, int]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken)


def _hint(rule: SecretRule, value: str) -> str:
    """Returns what may be shown of a secret: its size, and a beginning that tells its kind only."""
    head = f"{value[: rule.shown]}…, " if rule.shown else ""
    return f"{head}{len(value)} characters"
