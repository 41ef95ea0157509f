# SPDX-License-Identifier: Apache-2.0
"""A line for each stick that is plugged in: what it holds, and what to do with it in one press.

* Nothing of a stick is read by the window before somebody asks, beyond names and two small files.
* It is called safe only after everything was read back from the medium.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.kit.blocks import MarkLabel
from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.labels import Elided
from strongroom.desktop.kit.surface import Surface, clear, column, row
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.kit.wording import count, size
from strongroom.services.sticks import SafeToRemove, Stick

MOST_SHOWN = 4  # lines; a table of memory cards is another tool's work


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
        self.hide()

    def show_sticks(self, sticks: Sequence[Stick], busy: frozenset[str], *, has_team: bool) -> None:
        """Shows sticks; those whose folder is in ``busy`` have no button meanwhile."""
        clear(self._lines)
        for stick in sticks[:MOST_SHOWN]:
            is_idle = stick.folder not in busy
            self._lines.addWidget(self._line(stick, is_idle=is_idle, has_team=has_team))
        self.setVisible(bool(sticks))

    def _line(self, stick: Stick, *, is_idle: bool, has_team: bool) -> Surface:
        import_ = Button("Import…", "secondary", "download", small=True,
                         name=f"Import from {stick.label}")  # fmt: skip
        bring = Button("Bring what it lacks", "secondary", "upload", small=True,
                       name=f"Bring what {stick.label} lacks")  # fmt: skip
        safe = Button("Safe to remove", "secondary", "power", small=True,
                      name=f"Make {stick.label} safe to remove")  # fmt: skip
        import_.clicked.connect(lambda: self.import_requested.emit(stick))
        bring.clicked.connect(lambda: self.bring_requested.emit(stick))
        safe.clicked.connect(lambda: self.safe_requested.emit(stick))
        import_.setEnabled(is_idle and stick.is_ours)
        has_place = any(place.is_ours for place in stick.places)
        bring.setEnabled(is_idle and stick.is_writable and has_place and has_team)
        safe.setEnabled(is_idle)
        words = Elided(holding(stick), "text_secondary", "dense")
        name = MarkLabel.for_icon("usb", stick.label, "info")
        look = theme()
        name.setFixedWidth(min(240, round(look.width(stick.label, look.font("dense"))) + 30))
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
