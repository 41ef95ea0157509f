# SPDX-License-Identifier: Apache-2.0
"""The choice of how a column writes its figures, with an example that follows it.

* A param keeps its digits unless a form is chosen here.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.figures import FORMS, MOST_CHOSEN, Figures, Form
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column
from strongroom.desktop.runs.columns import SheetColumn

EXAMPLE = 0.936_281_5
_BY_KEY: dict[str, Form] = {form: form for form, _ in FORMS}


class FormatDialog(Dialog):
    """Asks for the form and the decimals of a column.

    Args:
        shown: The column as it is.
        example: A value of it, None for a made one.

    Signals:
        decided: What was chosen (form, decimals or None).
    """

    decided = Signal(str, object)

    def __init__(
        self, shown: SheetColumn, example: float | None, parent: QWidget | None = None
    ) -> None:
        title = f"Format of {shown.title}"
        super().__init__(title, title=title, width=380, parent=parent)
        self._value = EXAMPLE if example is None else example
        self._form = Choice(FORMS, shown.form, name="Form of figures")
        self.decimals = Field("Automatic", "suits the form", size="large")
        self.decimals.set_text("" if shown.decimals is None else str(shown.decimals))
        self._example = Label("", text="strong")
        self.set_body(
            column(
                Label("Form", "text_secondary", "dense"), 4, self._form, 12,
                Label(f"Decimals, 0 to {MOST_CHOSEN}", "text_secondary", "dense"), 4,
                self.decimals, 12,
                Label("Example", "text_secondary", "dense"), 4, self._example,
            )
        )  # fmt: skip
        self._apply = self.add_action("Apply", "primary", closes=True)
        self._form.chosen.connect(lambda _form: self._show())
        self.decimals.changed.connect(lambda _words: self._show())
        self.accepted.connect(lambda: self.decided.emit(*self.choice()))
        self._show()

    def choose(self, form: Form, decimals: str) -> None:
        """Chooses as a person would."""
        self._form.choose(form)
        self.decimals.set_text(decimals)
        self._show()

    def choice(self) -> tuple[Form, int | None]:
        """Returns form and decimals."""
        form, words = _BY_KEY[self._form.current()], self.decimals.text().strip()
        decimals = int(words) if self._reads(words) and words and form != "auto" else None
        return form, decimals

    def _show(self) -> None:
        form, decimals = self.choice()
        words = self.decimals.text().strip()
        reads = self._reads(words)
        figures = Figures.of_values([self._value]) if form == "auto" else Figures(decimals, form)
        self._example.setText(figures.number(self._value))
        self.decimals.setEnabled(form != "auto")
        self._apply.setEnabled(reads)
        self.set_reason("" if reads else f"A number from 0 to {MOST_CHOSEN}", "warn")

    def _reads(self, words: str) -> bool:
        return not words or (words.isascii() and words.isdecimal() and int(words) <= MOST_CHOSEN)
