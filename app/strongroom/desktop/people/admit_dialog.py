# SPDX-License-Identifier: Apache-2.0
"""Admitting somebody: whose request it is, the words to compare by voice, the role, the signature.

* Nobody is admitted before somebody says that the words were compared: that is the one step no
  program can do (threat 42).
* What is signed is the request that was shown; a file that was swapped meanwhile is refused.
* A key that another one vouched for has the rights of that one: no role is asked for.
"""

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit.buttons import Button
from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.facts import Fact, KeyValues
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.secrets import Secrets
from strongroom.desktop.kit.shown import shown
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.switches import Check
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.people.role_form import KEY_WIDTH, RoleForm
from strongroom.desktop.people.signing_dialog import SigningDialog
from strongroom.desktop.people.words_grid import WordsGrid
from strongroom.services.members import TeamMember
from strongroom.services.people import Admission, Applicant, People

SOMEBODY_NEW = ""
SHORTEST_CODE = 300  # characters; a scanner types all of them before it presses Enter


class AdmitDialog(SigningDialog):
    """Shows a request and admits its sender with a role.

    Args:
        people: Who is in the team.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        source: The request, None lets somebody choose a file or scan a code.
        draft: A new file for the draft where others have to sign as well.
        parent: The page.

    Signals:
        admitted: The sender is in the team, or a draft of that waits (an `Admission`).
    """

    admitted = Signal(object)

    def __init__(
        self,
        people: People,
        tasks: Tasks,
        secrets: Secrets,
        source: Path | None,
        *,
        draft: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Admit somebody",
            title="Admit to the team",
            sentence="The request says who somebody claims to be; the voice says if it is true.",
            width=600,
            cancel_is_default=True,
            parent=parent,
        )
        self._people, self._tasks, self._secrets, self._draft = people, tasks, secrets, draft
        self._source: Path | str | None = source
        self._applicant: Applicant | None = None
        self._make_source()
        self._make_request()
        self.set_body(column(self._where, self._request))
        self.admit = self.add_action(
            "Admit" if draft is None else "Propose", "primary", "user-plus"
        )
        self.admit.setEnabled(False)
        self.admit.clicked.connect(self._on_admit_clicked)
        self._where.setVisible(source is None)
        self._request.setVisible(source is not None)
        if source is None:
            self.set_reason("Choose the request first.")
        else:
            self._read(source)

    # ---------------------------------------------------------------- the parts

    def _make_source(self) -> None:
        self.code = Field("Code of the request", "Scan or paste the code", mono=True)
        self.code.changed.connect(self._on_code_changed)
        self.code.submitted.connect(self._on_code_submitted)
        self.file_button = Button("Choose a file…", "secondary", "folder-open")
        self.file_button.clicked.connect(self._on_file_clicked)
        self._where = column(
            row(self.code, self.file_button, spacing=8),
            6,
            Label(
                "A scanner types the code into the field. A file comes by stick or share.",
                "text_tertiary", "caption", wrap=True,
            ),
            8,
        )  # fmt: skip

    def _make_request(self) -> None:
        self._facts = KeyValues(key_width=KEY_WIDTH)
        self._compare = SectionTitle("Compare these words by voice")
        self.words = WordsGrid()
        self._digits = Label("", "text_tertiary", "mono", selectable=True)
        self.compared = Check("I have compared them, by voice or in person")
        self.compared.toggled.connect(self._look)
        self.form = RoleForm("analyst")
        self.person = Choice([(SOMEBODY_NEW, "Somebody new")], SOMEBODY_NEW, name="Who it is")
        self._choices = column(
            row(form_label("Who it is", KEY_WIDTH), self.person, None, spacing=0), 8, self.form
        )
        self.heir = Label("", "text_secondary", wrap=True)
        self.heir.hide()
        self._request = column(
            self._facts, 12, self._compare, 8, self.words, 8, self._digits, 8, self.compared,
            16, self._choices, self.heir,
        )  # fmt: skip

    # ---------------------------------------------------------------- reading

    def _read(self, source: Path | str) -> None:
        self._source = source
        self.begin(
            self._tasks,
            "the request",
            lambda: (self._people.applicant(source), self._people.people()),
            lambda found: self._show(*found),
        )

    def _show(self, request: Applicant, members: tuple[TeamMember, ...]) -> None:
        self._applicant = request
        self._where.hide()
        self._request.show()
        self._facts.set_facts(
            [
                Fact(key="Name", value=request.name),
                Fact(key="Workstation", value=request.host),
                Fact(key="Key", value=request.writer, kind="digest"),
            ]
        )
        self._compare.set_note(f"{request.name} sees the same ones")
        self.words.set_words(request.fingerprint.words)
        self._digits.setText(request.fingerprint.digits)
        known = {each.person: each.name for each in members if each.is_active}
        namesakes = sorted(known.items(), key=lambda each: each[1].casefold())
        self.person.set_choices(
            [(SOMEBODY_NEW, "Somebody new")]
            + [(person, f"{name}, one more workstation") for person, name in namesakes],
            SOMEBODY_NEW,
        )
        self.form.set_host(is_host=request.is_log_only)
        old = next((each for each in members if each.writer == request.succeeds), None)
        self._choices.setVisible(old is None)
        self.heir.setVisible(old is not None)
        if old is not None:
            self.heir.setText(
                f"The old key of {shown(old.name)} on {shown(old.host)} vouched for this one: it"
                " takes its place, with the rights it had, and the old one ends."
            )
        self._look()
        QTimer.singleShot(0, self, self._grow)  # when the words have their lines

    def _look(self, _checked: object = None) -> None:
        is_ready = self._applicant is not None and self.compared.isChecked()
        self.admit.setEnabled(is_ready)
        if self._applicant is None:
            return
        if not is_ready:
            self.set_reason("Compare the words first: a request can be swapped on its way.")
        elif self._draft is None:
            self.set_reason("Signs a new version of the team with your key.")
        else:
            self.set_reason(f"Others have to sign as well: {self._draft.name} is for them.")

    # ---------------------------------------------------------------- what somebody does

    def _on_code_changed(self, words: str) -> None:
        if len("".join(words.split())) >= SHORTEST_CODE and self._applicant is None:
            self.set_reason("Press Enter when the code is complete.")

    def _on_code_submitted(self, words: str) -> None:
        if words.strip():
            self._read(words)

    def _on_file_clicked(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "The enrolment request", "", "Enrolment requests (*.json *.txt);;All files (*)"
        )
        if path:
            self._read(Path(path))

    def _on_admit_clicked(self) -> None:
        request, source = self._applicant, self._source
        if request is None or source is None:
            return
        role, scope, person = self.form.role(), self.form.scope(), self.person.current()
        if request.succeeds:
            role, scope, person = "", "*", ""
        self.sign_with(
            self._secrets,
            "people.admit",
            "Admitting",
            self.admit,
            lambda ask: self._people.admit(
                source, role, scope=scope, person=person, seen=request.fingerprint.digits,
                ask=ask, draft=self._draft,
            ),
            self._on_admitted,
        )  # fmt: skip

    def _on_admitted(self, admission: Admission) -> None:
        self.admitted.emit(admission)
        self.accept()
