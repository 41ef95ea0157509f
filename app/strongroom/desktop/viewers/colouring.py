# SPDX-License-Identifier: Apache-2.0
"""Simple syntax colours for Python, JSON, YAML and diffs: one pass of one pattern a line.

* Colours are the roles of look.md; a line's meaning never hangs on them.
* Long lines stay plain: no pattern runs over more than `LONGEST` characters.
"""

import re
from collections.abc import Sequence
from typing import Literal

from strongroom.desktop.kit.tokens import Role

Language = Literal["plain", "python", "json", "yaml", "diff"]
LONGEST = 2_000
Span = tuple[int, int, Role]
"""Start, length, role."""

_STRING = r"(?P<str>[rbfuRBFU]{0,2}(?:\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?))"
_NUMBER = r"(?P<num>(?<![\w.])[-+]?(?:0[xX][0-9a-fA-F]+|\d[\d_]*\.?\d*(?:[eE][-+]?\d+)?)(?![\w]))"
_PYTHON_WORDS = (
    "False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|"
    "finally|for|from|global|if|import|in|is|lambda|match|nonlocal|not|or|pass|raise|return|try|"
    "while|with|yield"
)
_PATTERNS: dict[Language, re.Pattern[str]] = {
    "python": re.compile(
        rf"(?P<rest>#.*)|{_STRING}|{_NUMBER}|(?P<op>\b(?:{_PYTHON_WORDS})\b)|(?P<key>@[\w.]+)"
    ),
    "json": re.compile(
        r"(?P<key>\"(?:[^\"\\]|\\.)*\"(?=\s*:))|(?P<str>\"(?:[^\"\\]|\\.)*\"?)|"
        rf"{_NUMBER}|(?P<op>\b(?:true|false|null|NaN|Infinity)\b)"
    ),
    "yaml": re.compile(
        rf"(?P<rest>(?:^|\s)#.*)|(?P<key>^[\s-]*[\w.\"'/ -]+?(?=\s*[:=](?:\s|$)))|{_STRING}|"
        rf"{_NUMBER}|(?P<op>\b(?:true|false|null|yes|no)\b)"
    ),
}
_ROLES: dict[str, Role] = {
    "key": "syntax_key",
    "op": "syntax_op",
    "str": "syntax_str",
    "num": "syntax_num",
    "rest": "text_tertiary",
}


def spans(line: str, language: Language, *, is_inside: bool = False) -> list[Span]:
    """Returns the coloured parts of a line; ``is_inside`` a text of several lines all of it."""
    if len(line) > LONGEST or language == "plain":
        return []
    if language == "diff":
        return _diff(line)
    if is_inside:
        end = max(line.find('"""'), line.find("'''"))
        return [(0, len(line) if end < 0 else end + 3, "syntax_str")]
    return [
        (found.start(), found.end() - found.start(), _ROLES[found.lastgroup])
        for found in _PATTERNS[language].finditer(line)
        if found.lastgroup is not None
    ]


def inside_texts(lines: Sequence[str], language: Language) -> frozenset[int]:
    """Returns the numbers of lines that begin inside a Python text of several lines."""
    if language != "python":
        return frozenset()
    inside: set[int] = set()
    mark = ""
    for number, line in enumerate(lines):
        if mark:
            inside.add(number)
            if line.count(mark) % 2:
                mark = ""
            continue
        for candidate in ('"""', "'''"):
            if line.count(candidate) % 2:
                mark = candidate
                break
    return frozenset(inside)


def _diff(line: str) -> list[Span]:
    role: Role | None = None
    if line.startswith(("+++", "---", "diff ", "index ")):
        role = "text_secondary"
    elif line.startswith("+"):
        role = "ok_text"
    elif line.startswith("-"):
        role = "bad_text"
    elif line.startswith("@@"):
        role = "accent_text"
    return [(0, len(line), role)] if role else []
