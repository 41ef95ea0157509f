# SPDX-License-Identifier: Apache-2.0
"""The one way an error reaches a person in the window.

* Faults and refusals: a bar in the page or dialog, with Retry where that can help; a dialog with
  the list where they are about several things.
* Evidence that does not hold: a dialog, because a person must decide.
* A Cancel: silence. Anything else is a bug: a dialog with a report to copy, no network.
"""

import platform
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from strongroom.desktop.kit.blocks import Badge, Banner
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.fields import TextArea
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import column, row
from strongroom.domain.errors import Cancelled, EnvironmentFault, StrongroomError, Untrusted

if TYPE_CHECKING:
    from strongroom.desktop.kit.paint import Tone

BUG = "E-BUG"
NARROW, WIDE = 480, 640  # px of a dialog of a sentence, and of one with lines to read
LONGEST_REPORT = 20_000  # characters: deep recursions stay copyable


@runtime_checkable
class ShowsFaults(Protocol):
    """A page or dialog that has a place for the bar of a fault."""

    def show_fault(self, bar: QWidget) -> None:
        """Shows the bar."""
        ...

    def clear_fault(self) -> None:
        """Takes the bar away."""
        ...


def show(
    error: BaseException, parent: QWidget, retry: Callable[[], None] | None = None
) -> QWidget | None:
    """Shows an error where it belongs and returns what was shown.

    Args:
        error: What happened.
        parent: Where it happened; its page or dialog hosts the bar.
        retry: Does it again; offered for faults of the environment.
    """
    if isinstance(error, Cancelled):
        return None
    parent = _seen(parent)
    if isinstance(error, Untrusted):
        return _open(UntrustedDialog(error, parent))
    if not isinstance(error, StrongroomError):
        return _open(CrashDialog(error, parent))
    host = _host(parent)
    if host is None or error.details:
        return _open(FaultDialog(error, parent))
    again = retry if isinstance(error, EnvironmentFault) else None
    bar = FaultBar(error, can_retry=again is not None)
    bar.acted.connect(host.clear_fault)
    if again is not None:
        bar.acted.connect(again)
    host.show_fault(bar)
    return bar


class FaultBar(Banner):
    """The bar of a fault or a refusal: title, advice, and Retry or Dismiss."""

    def __init__(
        self, error: StrongroomError, *, can_retry: bool = False, parent: QWidget | None = None
    ) -> None:
        tone: Tone = "bad" if isinstance(error, EnvironmentFault) else "warn"
        action = "Retry" if can_retry else "Dismiss"
        super().__init__(tone, error.title, _advice(error), action, parent=parent)
        self.error = error


class FaultDialog(Dialog):
    """A fault where no page can show it, or one about several things, which are listed."""

    def __init__(self, error: StrongroomError, parent: QWidget | None = None) -> None:
        width = WIDE if error.details else NARROW
        super().__init__(
            "Strongroom", title=error.title, width=width, cancel="Close", parent=parent
        )
        self.error, self.details = error, "\n".join(error.details)
        if not error.details:
            self.set_body(_sentence(error))
            return
        listed = TextArea(
            "What it is about", value=self.details, lines=6, grows=True, mono=True, read_only=True
        )
        self.set_body(column(_sentence(error), 8, listed))


class UntrustedDialog(Dialog):
    """Evidence that does not hold: what, what to do, and nothing is done by itself."""

    def __init__(self, error: Untrusted, parent: QWidget | None = None) -> None:
        super().__init__(
            "Evidence does not hold",
            title=error.title,
            cancel="Close",
            cancel_is_default=True,
            parent=parent,
        )
        self.error = error
        self.set_body(_sentence(error))
        self.set_reason("Nothing was taken over.", "bad", "shield-x")


class CrashDialog(Dialog):
    """A bug: says that data on disk is as it was before the step, and copies a report.

    Who can make a support bundle sets `bundle`; it is offered then.
    """

    bundle: ClassVar[Callable[[BaseException, QWidget], None] | None] = None

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(
            "Something went wrong inside Strongroom",
            title="Something went wrong inside Strongroom",
            sentence="The step was stopped. What was stored before it is still there, and the "
            "window goes on. Hand the report to whoever looks after Strongroom.",
            width=640,
            height=460,
            cancel="Close",
            parent=parent,
        )
        self.error, self.report = error, report(error)
        details = TextArea(
            "Report", value=self.report, lines=10, grows=True, mono=True, read_only=True
        )
        what = Label(_first_line(error), "text_secondary", "dense", wrap=True, selectable=True)
        self.set_body(column(row(Badge(BUG, "bad"), (what, 1)), 8, details))
        copy = self.add_action("Copy report", "secondary", "copy")
        copy.clicked.connect(self.copy_report)
        if CrashDialog.bundle is not None:
            save = self.add_action("Save support bundle…", "primary", "save")
            save.clicked.connect(self._on_save_clicked)
        else:
            copy.set_kind("primary")

    def copy_report(self) -> None:
        """Puts the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report)

    def _on_save_clicked(self) -> None:
        make, parent = CrashDialog.bundle, self.parentWidget()
        self.accept()
        if make is not None and parent is not None:
            make(self.error, parent)


def _first_line(error: BaseException) -> str:
    told = f"{type(error).__name__}: {error}".partition("\n")[0]
    return told if len(told) <= 300 else f"{told[:300]}…"


def words(error: BaseException) -> tuple[str, str]:
    """Returns what happened and what can be done, for a place that says both by itself."""
    if isinstance(error, StrongroomError):
        return error.title, _advice(error)
    return "Something went wrong", _first_line(error)


def report(error: BaseException) -> str:
    """Returns versions and traceback as text, shortened in the middle of very long ones."""
    head = f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}\n\n"
    trace = "".join(traceback.format_exception(error))
    if len(trace) > LONGEST_REPORT:
        half = LONGEST_REPORT // 2
        trace = f"{trace[:half]}\n…\n{trace[-half:]}"
    return head + trace


def _advice(error: StrongroomError) -> str:
    return f"{error.advice} ({error.code})" if error.advice else error.code


def _sentence(error: StrongroomError) -> QWidget:
    return column(
        Label(error.advice, "text_secondary", wrap=True, selectable=True),
        8,
        row(Badge(error.code, "bad"), None),
        None,
    )


def _seen(widget: QWidget) -> QWidget:
    """Returns a widget, or what its dialog was opened from where that has been left."""
    window, opener = widget.window(), widget.window().parentWidget()
    if isinstance(window, Dialog) and window.is_left and opener is not None:
        return _seen(opener)
    return widget


def _host(widget: QWidget | None) -> ShowsFaults | None:
    while widget is not None:
        if isinstance(widget, ShowsFaults):
            return widget
        widget = widget.parentWidget()
    return None


def _open(dialog: Dialog) -> Dialog:
    dialog.open()
    return dialog
