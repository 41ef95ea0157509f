# SPDX-License-Identifier: Apache-2.0
"""Colours the few lines of Python that a person is to copy; never reads anything else."""

import keyword
import re

from PySide6.QtGui import QSyntaxHighlighter, QTextDocument

from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role

_PARTS: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(rf"\b(?:{'|'.join(keyword.kwlist)})\b"), "syntax_key"),
    (re.compile(r"\b\d+(?:\.\d+)?\b"), "syntax_num"),
    (re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""), "syntax_str"),
)


class CodeColours(QSyntaxHighlighter):
    """Colours keywords, numbers and strings by role."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)

    def highlightBlock(self, text: str) -> None:
        """Colours one line; a string wins over what stands in it."""
        for pattern, role in _PARTS:
            for found in pattern.finditer(text):
                self.setFormat(found.start(), found.end() - found.start(), theme().colour(role))

    def apply_theme(self) -> None:
        """Takes over the colours of the look in force."""
        self.rehighlight()
