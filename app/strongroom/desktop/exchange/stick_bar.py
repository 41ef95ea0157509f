# SPDX-License-Identifier: Apache-2.0
"""A line for each stick that is plugged in: what it holds, and what to do with it in one press.

* Nothing of a stick is read by the window before somebody asks, beyond names and two small files.
* It is called safe only after everything was read back from the medium.
* No stick is passed over in silence: what has no line of its own is named, and a press shows all.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout

from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import Surface, clear, column, row
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.wording import count, size
from strongroom.services.sticks import SafeToRemove, Stick

MOST_SHOWN = 4  # lines, before somebody asks for all
NAME_WIDTH = 240  # px at 100 %, the most that a label takes


class StickBar(Surface):
    """The lines; hidden while nothing is plugged in.

    Signals:
        import_requested, bring_requested, safe_requested: A button was pressed (the `Stick`).
    """

    import_requested = Signal(object)
    bring_requested = Signal(object)
    safe_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__("bg_sunken", "b")
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 1)
        self._lines.setSpacing(0)
        self._sticks: Sequence[Stick] = ()
        self._busy: Mapping[str, str] = {}
        self._has_team = self._shows_all = False
        self.hide()
        theme().follow(self)

    def show_sticks(
        self, sticks: Sequence[Stick], busy: Mapping[str, str], *, has_team: bool
    ) -> None:
        """Shows sticks; ``busy`` says what is done with a folder, whose buttons wait meanwhile."""
        self._sticks, self._busy, self._has_team = tuple(sticks), dict(busy), has_team
        self._show()

    def apply_theme(self) -> None:
        """Takes over the widths of the look in force."""
        self._show()

    def _show(self) -> None:
        held = QApplication.focusWidget()
        name = held.accessibleName() if held is not None and self.isAncestorOf(held) else ""
        clear(self._lines)
        shown = self._sticks if self._shows_all else self._sticks[:MOST_SHOWN]
        lines = [self._line(stick, self._busy.get(stick.folder, "")) for stick in shown]
        if len(self._sticks) > MOST_SHOWN:
            lines.append(self._rest(self._sticks[len(shown) :]))
        self.setVisible(bool(lines))
        for line in lines:
            self._lines.addWidget(line)
            line.show()
            for button in line.findChildren(Button):
                if name and name == button.accessibleName() and button.isEnabled():
                    button.setFocus(Qt.FocusReason.OtherFocusReason)  # the keyboard stays there

    def _rest(self, hidden: Sequence[Stick]) -> Surface:
        """Returns the line about the sticks that have none, and the way to all of them."""
        words = f"{len(hidden):,} more: {', '.join(each.label for each in hidden)}"
        said = Elided(words if hidden else f"{len(self._sticks):,} are plugged in",
                      "text_secondary", "dense")  # fmt: skip
        more = "Show all sticks" if hidden else "Show fewer sticks"
        button = Button(more, "ghost", small=True)
        button.clicked.connect(self._on_more_clicked)
        return row((column(said), 1), button, margins=(16, 6, 16, 6), spacing=8)

    def _on_more_clicked(self) -> None:
        self._shows_all = not self._shows_all
        self._show()

    def _line(self, stick: Stick, doing: str) -> Surface:
        is_idle = not doing
        import_ = Button("Import…", "secondary", "download", small=True,
                         name=f"Import from {stick.label}", changes=True)  # fmt: skip
        bring = Button("Bring what it lacks", "secondary", "upload", small=True,
                       name=f"Bring what {stick.label} lacks", changes=True)  # fmt: skip
        safe = Button("Safe to remove", "secondary", "power", small=True,
                      name=f"Make {stick.label} safe to remove")  # fmt: skip
        import_.clicked.connect(lambda: self.import_requested.emit(stick))
        bring.clicked.connect(lambda: self.bring_requested.emit(stick))
        safe.clicked.connect(lambda: self.safe_requested.emit(stick))
        import_.setEnabled(is_idle and stick.is_ours)
        has_place = any(place.is_ours for place in stick.places)
        bring.setEnabled(is_idle and stick.is_writable and has_place and self._has_team)
        safe.setEnabled(is_idle)
        for button in (import_, bring, safe):
            button.setToolTip(f"{stick.label} is {doing}" if doing else "")
        said = f"{doing[:1].upper()}{doing[1:]}. {holding(stick)}" if doing else holding(stick)
        words = Elided(said, "text_secondary", "dense")
        name = MarkLabel.for_icon("usb", stick.label, "info")
        look = theme()
        needed = round(look.width(stick.label, look.font("dense"))) + look.scaled(30)
        name.setFixedWidth(min(look.scaled(NAME_WIDTH), needed))
        return row(
            name, (column(words), 1), import_, bring, safe, margins=(16, 6, 16, 6), spacing=8
        )


def holding(stick: Stick) -> str:
    """Returns what of ours lies on a stick."""
    ours = [place for place in stick.places if place.is_ours]
    parts = [f"place {place.name}" if place.name else "a place of this team" for place in ours]
    parts += [count(len(stick.bundles), "one-file bundle")] if stick.bundles else []
    others = len(stick.places) - len(ours)
    parts += [count(others, "place of another team", "places of another team")] if others else []
    held = f"Holds {', '.join(parts)}" if parts else "Holds nothing of this team"
    access = f"{size(stick.free_bytes)} free" if stick.is_writable else "write-protected"
    return f"{held}; {access}"


def sources_of(stick: Stick) -> dict[str, str]:
    """Returns what can be imported from a stick, places before bundles, and what each is called."""
    ours = {
        place.name or place.path: place.name or stick.label
        for place in stick.places
        if place.is_ours
    }
    return {**ours, **{bundle: Path(bundle).name for bundle in stick.bundles}}


def _are(found: SafeToRemove) -> str:
    return "is" if len(found.damaged_before) == 1 else "are"


def safe_words(found: SafeToRemove, label: str) -> tuple[str, str]:
    """Returns title and sentence about a stick that was read back."""
    read = f"{count(found.files, 'file')}, {size(found.size_bytes)}, read back from the medium"
    if found.damaged_before:
        old = count(len(found.damaged_before), "file")
        read += f"; {old} of them, damaged before it came here, still {_are(found)}"
    if found.is_ejected:
        return f"{label} is safe to remove", f"{read}; it is unmounted. Take it out."
    if found.is_safe:
        return f"{label} holds everything", f"{read}. Unmount it, then take it out."
    said = []
    if found.damaged:
        said.append(f"{count(len(found.damaged), 'file')} did not come back as written")
    if found.unfinished:
        said.append(f"{count(len(found.unfinished), 'file')} still being written")
    return f"{label} is not safe to remove", f"{', '.join(said)}. Bring it again, then repeat."
