# SPDX-License-Identifier: Apache-2.0
"""Signing a draft of the team: what it changes, who has signed, who may, and one button.

* Nothing can be signed before all it changes has been shown; a right that grows is marked.
"""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSpacerItem, QWidget

from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import Scroll, Surface, clear, column
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.tokens import Role
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.domain.team_changes import TeamChange, Weight
from strongroom.services.people import People
from strongroom.services.trust_changes import DraftView, TrustStep

_SIGNS: dict[Weight, tuple[str, Role]] = {
    Weight.MORE: ("+", "warn_text"),
    Weight.LESS: ("\u2212", "text_primary"),
    Weight.OTHER: ("\u00b7", "text_secondary"),
}


class CosignDialog(SigningDialog):
    """Shows a draft and signs it with the keys of this workstation.

    Signals:
        signed: It was signed (a `TrustStep`).
    """

    signed = Signal(object)

    def __init__(
        self,
        people: People,
        tasks: Tasks,
        secrets: Secrets,
        path: Path,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Sign a draft",
            title="Change the team together",
            sentence="Sign only what its proposer told you himself. Each line comes into force.",
            width=600,
            cancel_is_default=True,
            parent=parent,
        )
        self._people, self._secrets, self._path = people, secrets, path
        self._seen = ""
        self.changes = column(None)
        self._facts = KeyValues(key_width=120)
        scroll = Scroll(self.changes)
        scroll.setMinimumHeight(140)
        self.set_body(column(SectionTitle("What it changes"), 8, scroll, 16, self._facts))
        self.sign = self.add_action("Sign", "primary", "pen-line")
        self.sign.setEnabled(False)
        self.sign.clicked.connect(self._on_sign_clicked)
        self.begin(tasks, "the draft", lambda: people.draft(path), self._show)

    def _show(self, draft: DraftView) -> None:
        down = self.changes.layout()
        assert down is not None  # noqa: S101 - `column` gives every surface one
        clear(down)
        for change in draft.changes:
            down.addWidget(ChangeLine(change))
        down.addItem(QSpacerItem(0, 0, vData=QSizePolicy.Policy.Expanding))
        self._facts.set_facts(
            [
                Fact(key="Version", value=f"{draft.version}"),
                Fact(key="Signed by", value=", ".join(draft.signed) or "nobody"),
                Fact(key="Waits for", value=f"{draft.missing} of {', '.join(draft.wanted)}"),
            ]
        )
        self._seen = draft.id
        self.sign.setEnabled(draft.is_mine)
        self.set_reason(
            "Your signature is the last one needed: it comes into force."
            if draft.is_mine and draft.missing == 1
            else "Your signature is added; others have to sign as well."
            if draft.is_mine
            else "No key of this workstation is asked for, or it has signed already."
        )

    def _on_sign_clicked(self) -> None:
        self.sign_with(
            self._secrets,
            "people.cosign",
            "Signing the draft",
            self.sign,
            lambda ask: self._people.cosign(self._path, self._seen, ask=ask),
            self._on_signed,
        )

    def _on_signed(self, step: TrustStep) -> None:
        self.signed.emit(step)
        self.accept()


class ChangeLine(Surface):
    """One change: whether it gives or takes, and what."""

    def __init__(self, change: TeamChange) -> None:
        super().__init__()
        sign, role = _SIGNS[change.weight]
        mark = Label(sign, role, "body")
        mark.setFixedWidth(16)
        mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words = f"{sign} {change.subject} {change.text}"
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 8)
        across.setSpacing(4)
        across.addWidget(mark)
        across.addWidget(Label(f"{change.subject} {change.text}", wrap=True), 1)
        self.setAccessibleName(self.words)
