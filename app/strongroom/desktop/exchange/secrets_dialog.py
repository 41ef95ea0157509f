# SPDX-License-Identifier: Apache-2.0
"""A push stopped because something that seems to be a secret would have left: what, and what now.

* Nothing has left. Leaving the dialog leaves it so, and is the default.
* Each place is let through by itself, with its kind and a reason, in a signed event. What is more
  than can be shown has no box: nobody can judge it.
* What is signed was chosen when the button was pressed; what is ticked meanwhile waits its turn.
* The secrets themselves are never shown, only where they stand and what they seem to be.
"""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.blocks import Banner
from strongroom.desktop.kit.cells import CheckCell, Column, Row, TextCell
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.table import Table
from strongroom.desktop.kit.wording import count
from strongroom.domain.changes import Changes
from strongroom.domain.secret import OVERRIDE_KINDS, SecretFinding
from strongroom.services.secrets import Secrets as Overrides

_COLUMNS = (
    Column("box", "", 48, checks=True, hint="All findings"),
    Column("owner", "In", 172),
    Column("path", "File", 180),
    Column("place", "Place", 140),
    Column("what", "Seems to be", 220, stretch=True),
)
_ADVICE = (
    "Change a real password or key where it is valid: others who use this computer may have read"
    " it. Then train again without it, or let it through as one that everybody may have."
)

KEY_WIDTH = 80  # px at 100 %


class SecretsDialog(Dialog):
    """The findings, and letting them through on record.

    Args:
        overrides: Signs what is let through.
        secrets: Asks for the passphrase.
        where: The place it would have gone to.
        findings: What was found, not empty.
        parent: The page.

    Signals:
        allowed: Findings were let through (`Changes`, whether none is left).
    """

    allowed = Signal(object, bool)

    def __init__(
        self,
        overrides: Overrides,
        secrets: Secrets,
        where: str,
        findings: Sequence[SecretFinding],
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            f"Secrets on the way to {where}",
            title=f"{count(len(findings), 'secret')} would leave this computer",
            sentence=f"Nothing was brought to {where}. Tick what may go there, and say why.",
            width=860,
            height=456,
            cancel="Leave it here",
            cancel_is_default=True,
            parent=parent,
        )
        self._overrides, self._secrets = overrides, secrets
        self._findings = {finding.id: finding for finding in findings}
        self._ticked: set[str] = set()
        self._is_signing = False
        self.table = Table(_COLUMNS, name="What seems to be a secret", edge=20)
        self.kind = Choice(list(OVERRIDE_KINDS.items()), "false-positive", name="What it is")
        self.reason = Field("Reason", "Becomes part of the signed record")
        self.allow = self.add_action("Let through", "danger", "pen-line")
        self.set_body(
            column(
                (self.table, 1),
                row((Banner("warn", "Is one of them real?", _ADVICE), 1), margins=(20, 12, 20, 0)),
                row(
                    form_label("What it is", KEY_WIDTH),
                    self.kind,
                    None,
                    margins=(20, 12, 20, 0),
                    spacing=0,
                ),
                row(
                    form_label("Reason", KEY_WIDTH),
                    (self.reason, 1),
                    margins=(20, 8, 20, 16),
                    spacing=0,
                ),
            ),
            margins=(0, 0, 0, 0),
        )
        self.table.checked.connect(self._on_checked)
        self.table.all_checked.connect(self._on_all_checked)
        self.reason.changed.connect(lambda _text: self._look())
        self.allow.clicked.connect(self._on_allow_clicked)
        self._show()

    def _show(self) -> None:
        self.table.set_lines([self._row(finding) for finding in self._findings.values()])
        self._look()

    def _look(self) -> None:
        """Says what is missing before what is ticked may leave."""
        is_ready = bool(self._ticked) and bool(self.reason.text().strip())
        self.allow.setEnabled(is_ready and not self._is_signing)
        self.allow.set_words(f"Let {len(self._ticked)} through" if self._ticked else "Let through")
        if not any(finding.is_allowable for finding in self._findings.values()):
            self.set_reason(
                "What cannot be shown stays here: take it out, or split the file.", "warn"
            )
        elif not self._ticked:
            self.set_reason("Tick what may leave.")
        elif not is_ready:
            self.set_reason("Say why.")
        else:
            self.set_reason("Your name and the reason are signed, for everybody to read.")

    def _row(self, finding: SecretFinding) -> Row:
        cells = (
            CheckCell(finding.id in self._ticked, finding.sentence, enabled=finding.is_allowable),
            TextCell(finding.owner),
            TextCell(finding.path),
            TextCell(finding.place),
            TextCell(f"{finding.title[:1].upper()}{finding.title[1:]} ({finding.hint})"),
        )
        return Row(key=finding.id, cells=cells)

    def _on_checked(self, key: str, is_on: bool) -> None:
        (self._ticked.add if is_on else self._ticked.discard)(key)
        self._show()

    def _on_all_checked(self, is_on: bool) -> None:
        allowable = {key for key, finding in self._findings.items() if finding.is_allowable}
        self._ticked = allowable if is_on else set()
        self._show()

    def _on_allow_clicked(self) -> None:
        chosen = [finding for key, finding in self._findings.items() if key in self._ticked]
        kind, reason = self.kind.current(), self.reason.text()
        self._is_signing = True
        self._look()
        self._secrets.sign(
            "exchange.allow",
            "Letting findings through",
            "Letting a finding through needs the passphrase of your key.",
            lambda ask, _progress: self._overrides.allow(chosen, kind=kind, reason=reason, ask=ask),
            lambda changes: self._on_allowed(chosen, changes),
            owner=self,
            failed=self._on_failed,
            ended=self._on_ended,
            parent=self,
        )

    def _on_ended(self) -> None:
        self._is_signing = False
        self._look()

    def _on_allowed(self, signed: Sequence[SecretFinding], changes: Changes) -> None:
        for finding in signed:
            del self._findings[finding.id]
            self._ticked.discard(finding.id)
        self.allowed.emit(changes, not self._findings)
        if not self._findings:
            self.accept()
            return
        self.set_heading(
            f"{count(len(self._findings), 'secret')} would leave this computer",
            "Nothing goes before each of them was let through.",
        )
        self._show()

    def _on_failed(self, error: BaseException) -> None:
        self.set_reason("Nothing was signed.", "bad", "circle-alert")
        errors.show(error, self)
