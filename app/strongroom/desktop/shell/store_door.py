# SPDX-License-Identifier: Apache-2.0
"""Opening another store from the window, and the demo: made here, removed with one command.

* A folder is looked at before it is opened; nothing is written into a folder that holds other
  things.
* The demo lies beside the person's own store and never mixes with it.
"""

import importlib
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from strongroom.demo.people import people_of
from strongroom.desktop.kit.session import Session
from strongroom.desktop.shell.dropped import BUNDLE, import_of
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.question_dialog import QuestionDialog
from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.places import data_root, default_store
from strongroom.domain.progress import Progress
from strongroom.services.store_places import StoreKind, look_at

RECENT = "stores.recent"
MOST_RECENT = 12
DEMO = "demo"


class StoreDoor(QObject):
    """Leads from one store to another.

    Args:
        session: Remembers what was opened.
        open_store: Opens a store in place of the present one, then calls what it is given.
        demo: Where the demo lies.
    """

    def __init__(
        self,
        session: Session,
        open_store: Callable[[Path, Callable[[], object] | None], object],
        *,
        demo: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._open_store = session, open_store
        self.demo = demo or data_root() / DEMO
        self._window: MainWindow | None = None
        self._store = Path()

    def attach(self, window: MainWindow, store: Path) -> None:
        """Serves a window at a store, and remembers the store."""
        self._window, self._store = window, store.absolute()
        others = [str(path) for path in self.recent() if path != self._store]
        self._session.set_value(RECENT, [str(self._store), *others[: MOST_RECENT - 1]])
        window.store_menu_requested.connect(self.ask)
        window.demo_requested.connect(self.open_demo)
        window.demo_remove_requested.connect(self.ask_to_remove_demo)
        window.folder_dropped.connect(self.open)

    def recent(self) -> tuple[Path, ...]:
        """Returns the stores opened before, the last one first."""
        kept = self._session.value(RECENT, [])
        names = kept if isinstance(kept, list) else []
        return tuple(Path(name) for name in names if isinstance(name, str) and name)

    def ask(self) -> None:
        """Asks which store to open."""
        if self._window is None:
            return
        from strongroom.desktop.shell.stores_dialog import StoresDialog  # read when somebody asks

        dialog = StoresDialog(self.recent(), self._store, parent=self._window)
        dialog.chosen.connect(self.open)
        dialog.open()

    def open(self, folder: Path) -> None:
        """Looks at a folder in a task, then opens it, asks, or says why not; imports a bundle."""
        window = self._window
        if window is None or folder.absolute() == self._store:
            return
        if folder.suffix == BUNDLE:
            window.open_place(import_of(folder))
            return

        def looked(kind: StoreKind) -> None:
            if kind is StoreKind.STORE:
                self._go(folder)
                return
            QuestionDialog(
                f"Make a store in {folder.name or folder}",
                "The folder is empty. A store keeps runs, models and their history on this "
                "machine.",
                "Make the store", lambda: self._go(folder), icon="vault", details=str(folder),
                parent=window,
            ).open()  # fmt: skip

        window.tasks.ask(
            "stores.look", "Looking at the folder", lambda _progress: look_at(folder), looked,
            owner=window,
        )  # fmt: skip

    def open_demo(self) -> None:
        """Opens the demo, or asks to make it first."""
        window = self._window
        if window is None:
            return
        window.tasks.ask(
            "stores.demo", "Looking for the demo", lambda _progress: people_of(self.demo),
            lambda people: self._go(self.demo) if people else self._ask_for_demo(), owner=window,
        )  # fmt: skip

    def ask_to_remove_demo(self) -> None:
        """Asks, then takes the demo away."""
        window = self._window
        if window is not None:
            QuestionDialog(
                "Remove the demo workspace",
                "Its runs, models and people go away; your own stores are not touched. Runs you "
                "logged into the demo yourself stop this.",
                "Remove the demo", self._remove_demo, kind="danger", icon="trash-2",
                details=str(self.demo), parent=window,
            ).open()  # fmt: skip

    # ---------------------------------------------------------------- inside

    def _ask_for_demo(self) -> None:
        if self._window is not None:
            QuestionDialog(
                "Make the demo workspace",
                "Real models are trained on this machine for about a minute. It needs no network,"
                " and File, Remove the demo workspace… takes it away again.",
                "Make the demo", self._fill_demo, icon="play", details=str(self.demo),
                parent=self._window,
            ).open()  # fmt: skip

    def _fill_demo(self) -> None:
        window = self._window
        if window is None:
            return

        def done(_report: object) -> None:
            window.notices.tell("The demo workspace is ready")
            self._go(self.demo)

        window.tasks.change(
            "stores.demo.fill", "Making the demo",
            lambda progress: _scenario("fill", self.demo, progress), done, owner=window,
        )  # fmt: skip

    def _remove_demo(self) -> None:
        if self._store == self.demo.absolute():  # it is left before it is taken away
            self._go(default_store(), self._take_demo_away)
        else:
            self._take_demo_away()

    def _take_demo_away(self) -> None:
        window = self._window
        if window is None:
            return

        def done(was_there: object) -> None:
            kept = [str(path) for path in self.recent() if path != self.demo.absolute()]
            self._session.set_value(RECENT, kept)
            window.notices.tell(
                "The demo workspace is removed" if was_there else "There is no demo workspace"
            )

        window.tasks.change(
            "stores.demo.remove", "Removing the demo",
            lambda _progress: _scenario("remove", self.demo, None), done, owner=window,
        )  # fmt: skip

    def _go(self, folder: Path, then: Callable[[], object] | None = None) -> None:
        self._open_store(folder.absolute(), then)


def _scenario(verb: str, store: Path, progress: Progress | None) -> object:
    """Fills or removes the demo; its training libraries are not installed everywhere.

    Raises:
        EnvironmentFault: ``E-DEMO``.
    """
    try:
        scenario = importlib.import_module("strongroom.demo.scenario")
    except ImportError as error:
        raise EnvironmentFault(
            "E-DEMO",
            f"The demo cannot train here: {error}",
            "Install its libraries: pip install 'strongroom[demo]'.",
        ) from error
    found: object = (
        scenario.fill(store, progress=progress) if verb == "fill" else scenario.remove(store)
    )
    return found
