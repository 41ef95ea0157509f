# SPDX-License-Identifier: Apache-2.0
"""My request to join: a code to scan, words to read out, a file to carry.

* The three are one request: whoever reads the code or opens the file sees the same words.
* The request is signed once, when the dialog opens; saving it does not sign again.
"""

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from strongroom.desktop.kit import errors
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.labels import Label, SectionTitle
from strongroom.desktop.kit.secrets import Ask, Secrets
from strongroom.desktop.kit.surface import column, row
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.theme import theme
from strongroom.desktop.people.code_picture import CodePicture
from strongroom.desktop.people.words_grid import WordsGrid
from strongroom.domain.qr_code import MAX_CHARACTERS, Modules, qr_code
from strongroom.services.identities import Identities, MyRequest

WIDTH = 800  # px at 100 %


class RequestDialog(Dialog):
    """Shows this workstation's request to join a team.

    Args:
        identities: Signs the request.
        tasks: The jobs of the window.
        secrets: Asks for the passphrase.
        parent: The page.
    """

    def __init__(
        self,
        identities: Identities,
        tasks: Tasks,
        secrets: Secrets,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "My request to join",
            title="Ask to be admitted",
            sentence="Give an admin the code or the file, then read out the words yourself.",
            width=WIDTH,
            cancel="Close",
            parent=parent,
        )
        self._identities, self._tasks = identities, tasks
        self._request: MyRequest | None = None
        self.code = CodePicture("Code of my request, for a scanner")
        self.words = WordsGrid()
        self._digits = Label("", "text_tertiary", "mono", selectable=True)
        self._too_long = Label("", "text_secondary", "dense", wrap=True)
        self._too_long.hide()
        right = column(
            SectionTitle("Read these words out"), 8, self.words, 8, self._digits, 20,
            SectionTitle("What happens then"), 4,
            Label(
                "The admin sees the same words if nobody changed the request on its way,"
                " chooses your role and signs. Take in the team's place again: this key counts.",
                "text_secondary", wrap=True,
            ),
            16, self._too_long, None,
        )  # fmt: skip
        self.set_body(row(column(self.code, None), (right, 1), spacing=24))
        self.copy_button = self.add_action("Copy the code", "secondary", "copy")
        self.save_button = self.add_action("Save as a file…", "primary", "save")
        self.copy_button.clicked.connect(self._on_copy_clicked)
        self.save_button.clicked.connect(self._on_save_clicked)
        for button in (self.copy_button, self.save_button):
            button.setEnabled(False)
        self.set_reason("Signing the request.")
        secrets.sign(
            "people.request",
            "Signing the request",
            "The request proves that you hold the key.",
            lambda ask, _progress: self._sign(ask),
            lambda found: self._show(*found),
            owner=self,
            failed=self._on_failed,
            parent=self,
            ended=self._on_ended,
        )

    def _sign(self, ask: Ask) -> tuple[MyRequest, Modules]:
        request = self._identities.request(ask=ask)
        fits = len(request.code) <= MAX_CHARACTERS
        return request, qr_code(request.code) if fits else ()

    def _show(self, request: MyRequest, modules: Modules) -> None:
        self._request = request
        self.words.set_words(request.words)
        self._digits.setText(request.digits)
        self.code.set_modules(modules)
        self.code.setVisible(bool(modules))
        self._too_long.setText("" if modules else "Names are too long for a code: use the file.")
        self._too_long.setVisible(not modules)
        self.copy_button.setEnabled(bool(request.code))
        self.save_button.setEnabled(True)
        self.set_reason("The code holds no secret; anybody may see it.")
        QTimer.singleShot(0, self, self._fit)  # when the code has its size

    def _fit(self) -> None:
        high = max(self.sizeHint().height(), self.height())
        self.resize(max(theme().scaled(WIDTH), self.minimumSizeHint().width()), high)

    def _on_failed(self, error: BaseException) -> None:
        self.set_reason("Nothing was signed.", "bad", "circle-alert")
        errors.show(error, self)

    def _on_ended(self) -> None:
        if self._request is None and self.isVisible():
            self.set_reason("Nothing was signed.")

    def _on_copy_clicked(self) -> None:
        if self._request is not None:
            QGuiApplication.clipboard().setText(self._request.code)
            self.set_reason("The code is on the clipboard.", "ok")

    def _on_save_clicked(self) -> None:
        request = self._request
        path, _ = QFileDialog.getSaveFileName(self, "Save the request", "request.json")
        if request is None or not path:
            return
        self._tasks.change(
            "people.save_request",
            "Saving the request",
            lambda _progress: self._identities.save(request, Path(path)),
            lambda _done: self.set_reason(f"Saved as {Path(path).name}.", "ok"),
            owner=self,
            failed=self._on_failed,
        )
