# SPDX-License-Identifier: Apache-2.0
"""Words on a page: labels, elided lines, section titles, digests.

* Everything is plain text; markup in data is shown, never obeyed.
* A line that had to be shortened says the whole of it in its tooltip.
"""

from html import escape

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QGuiApplication, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from strongroom.desktop.kit import paint, wording
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.paint import Align, Elide
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.tokens import Role, TextRole


def plain_tooltip(words: str) -> str:
    """Returns ``words`` as a tooltip that Qt cannot take for markup."""
    return f"<qt>{escape(words)}</qt>" if words else ""


class Label(QLabel):
    """Plain text in a role, on one line or wrapped.

    Args:
        words: What it says.
        role: Its colour.
        text: Its text role.
        weight: Another weight than the text role's.
        wrap: Breaks lines.
        selectable: Lets mouse and keyboard select it.
    """

    def __init__(
        self,
        words: str = "",
        role: Role = "text_primary",
        text: TextRole = "body",
        *,
        weight: int = 0,
        wrap: bool = False,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._role, self._text, self._weight = role, text, weight
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(words)
        self.setWordWrap(wrap)
        if selectable:
            self.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            self.setAccessibleName(words)
        self.apply_theme()
        theme().follow(self)

    def set_role(self, role: Role) -> None:
        """Changes the colour."""
        self._role = role
        self.apply_theme()

    def apply_theme(self) -> None:
        """Takes over font and colour of the look in force."""
        look = theme()
        self.setFont(look.font(self._text, weight=self._weight))
        self.setMinimumHeight(look.line(self._text))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, look.colour(self._role))
        palette.setColor(QPalette.ColorRole.Text, look.colour(self._role))
        self.setPalette(palette)


class Elided(QWidget):
    """One line that is shortened to the room it has; the tooltip says all of it."""

    def __init__(
        self,
        words: str = "",
        role: Role = "text_primary",
        text: TextRole = "body",
        *,
        weight: int = 0,
        elide: Elide = "right",
        align: Align = "left",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._words, self._role, self._text, self._weight = words, role, text, weight
        self._elide: Elide = elide
        self._align: Align = align
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(words)

    def text(self) -> str:
        """Returns the whole text."""
        return self._words

    def set_text(self, words: str, role: Role | None = None) -> None:
        """Changes the text and, if given, its colour."""
        self._words = words
        self._role = role or self._role
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns the room of the whole text."""
        look = theme()
        return QSize(round(look.width(self._words, self._font())) + 2, look.line(self._text) + 2)

    def minimumSizeHint(self) -> QSize:
        """Returns the room of a few letters."""
        return QSize(24, theme().line(self._text) + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the text and keeps the tooltip in step."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        short = paint.text(
            painter, rect, self._words, self._role, self._font(), self._align, self._elide
        )
        tip = plain_tooltip(self._words) if short else ""
        if tip != self.toolTip():
            self.setToolTip(tip)

    def _font(self) -> QFont:
        return theme().font(self._text, weight=self._weight)


class SectionTitle(QWidget):
    """The title of a section, a grey count behind it and a grey remark at the right."""

    def __init__(
        self, title: str, note: str = "", right: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title, self._note, self._right = title, note, right
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def set_title(self, title: str) -> None:
        """Changes the title."""
        self._title = title
        self._name()
        self.update()

    def set_note(self, note: str, right: str = "") -> None:
        """Changes the grey words."""
        self._note, self._right = note, right
        self._name()
        self.update()

    def sizeHint(self) -> QSize:
        """Returns 32 px height at 100 %."""
        return QSize(120, theme().line("strong") + 12)

    def minimumSizeHint(self) -> QSize:
        """Returns the height with a narrow width."""
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints title and remarks."""
        painter = QPainter(self)
        look = theme()
        rect = QRectF(self.rect())
        strong = look.font("strong")
        paint.text(painter, rect, self._title, "text_primary", strong)
        left = look.width(self._title, strong) + 8
        paint.text(
            painter, rect.adjusted(left, 0, 0, 0), self._note, "text_tertiary", look.font("dense")
        )
        paint.text(painter, rect, self._right, "text_tertiary", look.font("dense"), "right")

    def _name(self) -> None:
        self.setAccessibleName(
            ", ".join(part for part in (self._title, self._note, self._right) if part)
        )


class DigestLabel(QWidget):
    """A digest in groups of four with a button that copies all of it.

    Args:
        digest: Hexadecimal digits without spaces.
        groups: How many groups are shown, 0 shows all.
        name: What the digest is of, for people who cannot see it.
    """

    def __init__(
        self, digest: str, groups: int = 0, name: str = "digest", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._digest = digest
        shown = wording.digest(digest, groups)
        label = Label(shown, text="mono")
        label.setToolTip(plain_tooltip(wording.digest(digest)))
        copy = Button("", "ghost", "copy", name=f"Copy {name}", small=True)
        copy.setToolTip(f"Copy {name}")
        copy.clicked.connect(self.copy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(label)
        layout.addWidget(copy)
        layout.addStretch(1)

    def copy(self) -> None:
        """Puts the whole digest, without spaces, on the clipboard."""
        QGuiApplication.clipboard().setText(self._digest)
