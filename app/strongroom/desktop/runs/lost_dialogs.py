# SPDX-License-Identifier: Apache-2.0
"""A run nobody hears of any more: going on with it, or saying how it ended.

* Nothing is started from here: the words that resume a run are shown and copied.
* Closing says for how many runs, with which end and why; it seals them and is not undone.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit import wording
from strongroom.desktop.kit.blocks import CodeBlock
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column
from strongroom.desktop.kit.tabs import Segmented
from strongroom.desktop.runs.words import shown
from strongroom.domain.run import RunDetail, RunStatus
from strongroom.services.run_resuming import ResumeWords

ENDS = (
    (RunStatus.KILLED.value, "Killed"),
    (RunStatus.FAILED.value, "Failed"),
    (RunStatus.FINISHED.value, "Finished"),
)
MOST_REASON = 2_000  # characters; a paragraph


class ResumeDialog(Dialog):
    """The command and the line of Python that go on with a run.

    Args:
        detail: The run.
        words: What resumes it.
        now_us: What time it is.

    Signals:
        close_requested: Somebody would rather say how it ended.
    """

    close_requested = Signal()

    def __init__(
        self, detail: RunDetail, words: ResumeWords, now_us: int, parent: QWidget | None = None
    ) -> None:
        name = shown(detail.run.name) or detail.run.run_id[:8]
        super().__init__(
            f"Resume {name}",
            title=f"Resume {name}",
            sentence=f"{last_heard(detail, now_us)} What is logged from now on follows what is "
            "there; the end of the new process becomes the end of the run.".strip(),
            width=680,
            cancel="Done",
            parent=parent,
        )
        self.command = CodeBlock(shown(words.command), "Command", lines=5)
        self.python = CodeBlock(shown(words.python), "Python", lines=3)
        parts: list[QWidget | int] = []
        if words.command:
            parts += [Label("In a terminal", "text_secondary", "dense"), 4, self.command, 12]
        parts += [Label("In a script or a notebook", "text_secondary", "dense"), 4, self.python, 8]
        parts += [Label(shown(words.remark), "text_secondary", "dense", wrap=True)]
        self.set_body(column(*parts))
        if detail.run.status is RunStatus.RUNNING:
            self.instead = self.add_aside("Close it instead…")
            self.instead.clicked.connect(self._on_instead_clicked)

    def _on_instead_clicked(self) -> None:
        self.reject()
        self.close_requested.emit()


class CloseDialog(Dialog):
    """Asks how runs ended and why; ``accepted`` when it is to be done."""

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        what = wording.count(count, "run")
        super().__init__(
            f"Close {what}",
            title=f"Close {what}",
            sentence="A closed run ended when it was last heard of. It is sealed, which cannot be "
            "undone; it can still be resumed. Runs that still log or have ended stay as they are.",
            parent=parent,
        )
        self.ends = Segmented(ENDS, ENDS[0][0], name="How it ended")
        self.reason = Field("Reason", "the machine was restarted", size="large")
        self.reason.edit.setMaxLength(MOST_REASON)
        self.set_body(
            column(
                Label("How it ended", "text_secondary", "dense"), 4, self.ends, 12,
                Label("Why; it stays as a note of the run", "text_secondary", "dense"), 4,
                self.reason,
            )
        )  # fmt: skip
        self.do = self.add_action(f"Close {what}", "primary", "circle-stop", closes=True)

    def end(self) -> RunStatus:
        """Returns how the runs are said to have ended."""
        return RunStatus(self.ends.current())


def last_heard(detail: RunDetail, now_us: int) -> str:
    """Returns since when nobody heard of a run, in one sentence; "" if that is not known."""
    if not detail.last_seen_us:
        return ""
    when = wording.day_and_time(detail.last_seen_us, now_us)
    host = shown(detail.run.host)
    where = f" from {host}" if host else ""
    ago = wording.duration(max(0, now_us - detail.last_seen_us))
    return f"The last sign of life{where} was {when}, {ago} ago."
