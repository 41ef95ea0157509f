# SPDX-License-Identifier: Apache-2.0
"""The viewers of all kinds in one stack: which one shows what, and what a worker prepares first."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QStackedWidget, QWidget

from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.viewers.bytes_viewer import BytesViewer
from strongroom.desktop.viewers.decoding import Decoded, decode
from strongroom.desktop.viewers.document_viewer import DocumentViewer, Sheet, draw_page
from strongroom.desktop.viewers.histogram_viewer import HistogramViewer
from strongroom.desktop.viewers.matrix_viewer import MatrixViewer
from strongroom.desktop.viewers.names import line_of
from strongroom.desktop.viewers.notebook_viewer import NotebookViewer
from strongroom.desktop.viewers.page_viewer import PageViewer
from strongroom.desktop.viewers.picture_viewer import PictureViewer
from strongroom.desktop.viewers.program_viewer import ProgramViewer
from strongroom.desktop.viewers.sound_viewer import SoundViewer
from strongroom.desktop.viewers.table_viewer import TableViewer
from strongroom.desktop.viewers.text_viewer import TextViewer
from strongroom.desktop.viewers.tree_viewer import TreeViewer
from strongroom.services.viewing import Viewing
from strongroom.services.views.shapes import (
    BytesView,
    DocumentView,
    HistogramView,
    MatrixView,
    NotebookView,
    NoView,
    PageView,
    PictureView,
    ProgramView,
    SoundView,
    TableView,
    TextView,
    TreeView,
    View,
)

if TYPE_CHECKING:
    from strongroom.services.step_files import StepFiles

V = TypeVar("V", bound=QWidget)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A view, and what a worker made of it."""

    view: View
    picture: Decoded | None = None
    pictures: tuple[tuple[QImage, ...], ...] = ()
    sheet: Sheet | None = None


def prepare(view: View) -> Prepared:
    """Decodes on the worker what takes time to decode."""
    body = view.body
    if isinstance(body, PictureView):
        return Prepared(view=view, picture=decode(body))
    if isinstance(body, NotebookView):
        decoded = tuple(
            tuple(
                image
                for data in cell.pictures
                if not (image := decode(PictureView(data=data, format="png")).image).isNull()
            )
            for cell in body.cells
        )
        return Prepared(view=view, pictures=decoded)
    if isinstance(body, DocumentView):
        return Prepared(view=view, sheet=draw_page(body.data, 0))
    return Prepared(view=view)


class Showing(QStackedWidget):
    """One viewer of each kind, made when it is first needed; nothing is shown until `fill`.

    Signals:
        failed: A part could not be read (the fault).
        refused: What is shown cannot be drawn further (the reason).
        steps_asked: The histograms of all steps are wanted.
        path_chosen: The file of another step should be shown (its path).
    """

    failed = Signal(object)
    refused = Signal(str)
    steps_asked = Signal()
    path_chosen = Signal(str)

    def __init__(self, viewing: Viewing, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewing, self._tasks = viewing, tasks
        self.step_files: StepFiles | None = None  # what is shown is one of these
        self.nothing = QWidget()
        self.addWidget(self.nothing)

    @cached_property
    def picture(self) -> PictureViewer:
        """Shows pictures."""
        return self._added(PictureViewer())

    @cached_property
    def table(self) -> TableViewer:
        """Shows tables."""
        return self._added(TableViewer(self._viewing, self._tasks), reads=True)

    @cached_property
    def text(self) -> TextViewer:
        """Shows texts."""
        return self._added(TextViewer(self._viewing, self._tasks), reads=True)

    @cached_property
    def bytes(self) -> BytesViewer:
        """Shows the bytes of anything."""
        return self._added(BytesViewer(self._viewing, self._tasks), reads=True)

    @cached_property
    def tree(self) -> TreeViewer:
        """Shows documents."""
        return self._added(TreeViewer(self._tasks))

    @cached_property
    def page(self) -> PageViewer:
        """Shows Markdown."""
        return self._added(PageViewer())

    @cached_property
    def matrix(self) -> MatrixViewer:
        """Shows confusion matrices."""
        return self._added(MatrixViewer())

    @cached_property
    def histogram(self) -> HistogramViewer:
        """Shows histograms."""
        viewer = self._added(HistogramViewer())
        viewer.steps_asked.connect(self.steps_asked)
        viewer.path_chosen.connect(self.path_chosen)
        return viewer

    @cached_property
    def program(self) -> ProgramViewer:
        """Shows pickles and archives."""
        return self._added(ProgramViewer())

    @cached_property
    def notebook(self) -> NotebookViewer:
        """Shows notebooks."""
        return self._added(NotebookViewer())

    @cached_property
    def sound(self) -> SoundViewer:
        """Shows sounds."""
        return self._added(SoundViewer())

    @cached_property
    def document(self) -> DocumentViewer:
        """Shows PDFs."""
        viewer = self._added(DocumentViewer(self._tasks))
        viewer.refused.connect(self.refused)
        return viewer

    def tell_counts(self, lines: int, rows: int | None) -> None:
        """Tells what is shown how many lines and rows the file has."""
        shown = self.currentWidget()
        if isinstance(shown, TextViewer):
            shown.set_total(lines)
        elif isinstance(shown, TableViewer):
            shown.set_total(rows)

    def empty(self) -> None:
        """Shows nothing."""
        self.setCurrentWidget(self.nothing)

    def fill(self, found: Prepared) -> str:
        """Shows what was prepared and returns the sentence to stand above it."""
        why = self._missing(found)
        if why:
            self.empty()
            return why
        self.setCurrentWidget(self._shown(found))
        view = found.view
        if view.instead:
            return f"Shown as text. {view.instead}"
        if isinstance(view.body, BytesView) and not view.others:
            return "There is no viewer for this kind of file; these are its bytes."
        is_said_below = isinstance(view.body, (TextView, TableView))
        return "" if is_said_below else getattr(view.body, "note", "")

    def _added(self, viewer: V, *, reads: bool = False) -> V:
        self.addWidget(viewer)
        if reads and isinstance(viewer, (TableViewer, TextViewer, BytesViewer)):
            viewer.failed.connect(self.failed)
        return viewer

    def _missing(self, found: Prepared) -> str:
        if isinstance(found.view.body, NoView):
            return found.view.body.why
        if found.picture is not None and found.picture.why:
            return found.picture.why
        return found.sheet.why if found.sheet is not None else ""

    def _shown(self, found: Prepared) -> QWidget:
        """Fills the viewer of a body and returns it."""
        body, facts = found.view.body, found.view.facts
        shown: QWidget = self.nothing
        if isinstance(body, PictureView) and found.picture is not None:
            self.picture.show_picture(found.picture, line_of(facts.path))
            shown = self.picture
        elif isinstance(body, TableView):
            self.table.show_table(facts, body)
            shown = self.table
        elif isinstance(body, TextView):
            self.text.show_text(facts, body)
            shown = self.text
        elif isinstance(body, BytesView):
            self.bytes.show_bytes(facts, body)
            shown = self.bytes
        elif isinstance(body, DocumentView) and found.sheet is not None:
            self.document.show_document(body.data, found.sheet, line_of(facts.path))
            shown = self.document
        else:
            shown = self._shown_whole(found)
        return shown

    def _shown_whole(self, found: Prepared) -> QWidget:
        """Fills the viewers that need nothing but their body."""
        body = found.view.body
        shown: QWidget = self.nothing
        if isinstance(body, TreeView):
            self.tree.show_tree(body)
            shown = self.tree
        elif isinstance(body, PageView):
            self.page.show_markdown(body.markdown)
            shown = self.page
        elif isinstance(body, MatrixView):
            self.matrix.show_matrix(body)
            shown = self.matrix
        elif isinstance(body, HistogramView):
            self.histogram.show_histogram(body, found.view.facts.path, self.step_files)
            shown = self.histogram
        elif isinstance(body, ProgramView):
            self.program.show_program(body)
            shown = self.program
        elif isinstance(body, NotebookView):
            self.notebook.show_notebook(body, found.pictures)
            shown = self.notebook
        elif isinstance(body, SoundView):
            self.sound.show_sound(body)
            shown = self.sound
        return shown
