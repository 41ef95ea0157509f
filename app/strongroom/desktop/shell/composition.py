# SPDX-License-Identifier: Apache-2.0
"""Furnishing the window: every page with the services it needs, and the roads between them.

* What a page needs (its modules, its services) is read in a job; the page itself is made on the
  window's thread, one page in a turn of the event loop, what somebody looks at first.
* Making a page and showing it are two turns, and the next is begun when what a page asked for at
  first has been answered: somebody looks at that one, and reading modules keeps the interpreter.
* Pages ignore each other; where one leads to another, the road is laid here.
* Imports stand inside functions: a page's modules are read when it is its turn, not before the
  first frame.
"""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from strongroom.bootstrap import Services
from strongroom.desktop.kit.only_read import set_only_read
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import size
from strongroom.desktop.shell import lasting
from strongroom.desktop.shell.alarm_strip import AlarmStrip
from strongroom.desktop.shell.health_commands import health_commands
from strongroom.desktop.shell.key_watch import KeyWatch
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.overview import Overview
from strongroom.desktop.shell.page_spec import PLACES
from strongroom.desktop.shell.palette_objects import PaletteObjects
from strongroom.desktop.shell.preferences import Preferences
from strongroom.domain.changes import Changes
from strongroom.domain.progress import Progress

if TYPE_CHECKING:
    from strongroom.desktop.people.page import PeoplePage
    from strongroom.desktop.registry.page import ModelsPage
    from strongroom.desktop.registry.services import ModelServices
    from strongroom.desktop.review.page import ReviewsPage
    from strongroom.desktop.runs.page import RunsPage

NEXT_TURN_MS = 1  # with 0 Qt posts an event, which is heard in the same turn
LONGEST_PAUSE_MS = 800  # a page may ask on and on, for a run that is being written
Make = Callable[[], Page]
"""Makes a page on the window's thread; everything it needs was read before."""


class Composer(QObject):
    """Furnishes a window with the pages of a person at a store.

    Args:
        window: The frame; owns the composer.
        services: Of one person at one store.
        tasks: The jobs of the window.
        session: What pages remember of their layout.
        preferences: The settings as the window lives them.

    Signals:
        joined: A page stands in the window (the `Page`).
        finished: All pages do.
    """

    joined = Signal(object)
    finished = Signal()

    def __init__(
        self,
        window: MainWindow,
        services: Services,
        tasks: Tasks,
        session: Session,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window, self._services = window, services
        self._tasks, self._session, self._preferences = tasks, session, preferences
        self._runs: RunsPage | None = None
        self._overview = Overview(services, tasks)
        self._overview.setParent(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._next)
        self._alarms = AlarmStrip()
        self._prepare: dict[str, Callable[[], Make]] = {
            "runs": self._for_runs,
            "compare": self._for_compare,
            "models": self._for_models,
            "reviews": self._for_reviews,
            "exchange": self._for_exchange,
            "audit": self._for_audit,
            "monitor": self._for_monitor,
            "people": self._for_people,
            "settings": self._for_settings,
        }

    def begin(self) -> None:
        """Makes the pages, what somebody looks at first, and looks at team and log."""
        lasting.spare()
        set_only_read(self._window, self._services.runs.only_read)
        self._window.closing.connect(lasting.release)
        self._join_frame()
        self._tasks.changed.connect(self._look_for_calm)
        self._window.place_changed.connect(self._look_who_waits)
        self._next()

    # ---------------------------------------------------------------- the frame

    def _join_frame(self) -> None:
        window, overview = self._window, self._overview
        window.furnish(
            state=lambda: overview.state,
            objects=lambda: overview.objects,
            open_object=self._open_object,
        )
        finder = PaletteObjects(self._services, self._tasks, window)
        window.palette_box.sought.connect(finder.look)
        window.palette_box.finished.connect(finder.stop)
        finder.found.connect(window.palette_box.show_objects)
        window.closing.connect(finder.stop)
        window.add_commands(health_commands(window, self._services))
        window.chain_requested.connect(lambda: window.open_place(Place("audit")))
        window.exchange_requested.connect(lambda: window.open_place(Place("exchange")))
        overview.arrived.connect(self._show_overview)
        window.add_strip(self._alarms)
        self._alarms.place_wanted.connect(window.open_place)
        window.changed.connect(overview.look_after)

    def _show_overview(self) -> None:
        window, overview = self._window, self._overview
        window.set_status(overview.status)
        window.set_store(overview.store_name, overview.team)
        self._alarms.show_notes(overview.alarms)
        window.refresh_badges()
        window.commands.look_again()
        if self._runs is not None:
            free = size(overview.free_bytes) if overview.free_bytes is not None else ""
            person = overview.status.person if overview.state.person else ""
            self._runs.body.show_facts(person, free)

    def _open_object(self, key: str) -> None:
        kind, _, rest = key.partition("/")
        if kind == "runs":
            self._window.open_place(Place.of("runs", {"run": rest}))
        elif kind == "experiments":
            self._window.open_place(Place.of("runs", {"experiment": rest}))
        else:
            name, _, version = rest.rpartition("/")
            self._window.open_place(Place.of("models", {"name": name, "version": version}))

    # ---------------------------------------------------------------- one page after the other

    def _next(self) -> None:
        missing = self._window.missing()
        if not missing:
            self.finished.emit()
            return
        page_id = missing[0]
        if page_id == "compare" and "runs" in missing:
            page_id = "runs"  # colours come from there
        title = next(spec.title for spec in PLACES if spec.id == page_id)

        is_first = not self._window.pages()

        def read(_progress: Progress) -> Make:
            with lasting.resting():
                if not is_first:
                    self._read_for_later()
                return self._prepare[page_id]()

        self._tasks.ask("window.page", f"Opening {title}", read, self._join, owner=self)

    def _join(self, make: Make) -> None:
        page = make()
        lasting.spare()
        QTimer.singleShot(NEXT_TURN_MS, self, lambda: self._show(page))

    def _show(self, page: Page) -> None:
        self._window.join(page)
        self.joined.emit(page)
        if len(self._window.pages()) == 2:
            self._overview.look()  # what these ask was read with this page
            self._watch_key()
        self._pause.start(LONGEST_PAUSE_MS)
        self._look_for_calm()

    def _look_for_calm(self) -> None:
        if self._pause.isActive() and not self._tasks.running():
            self._pause.start(0)

    def _look_who_waits(self, place: Place) -> None:
        if self._pause.isActive() and place.page in self._window.missing():
            self._pause.start(0)

    def _watch_key(self) -> None:
        keys = KeyWatch(self._window, self._services.identities, self._preferences)
        keys.changed.connect(self._on_key_changed)
        self._window.add_commands(keys.commands())

    def _on_key_changed(self) -> None:
        for page in self._window.pages():
            if page.page_id == "people":
                page.refresh(Changes(is_team=True))

    def _read_for_later(self) -> None:
        """Reads what is wanted soon, by a double click or a look at the team, but not at once.

        Here, one after the other: two jobs that import the same libraries at a time wait for
        each other, or see each other's halves.
        """
        importlib.import_module("strongroom.desktop.runs.detail")
        at = self._services
        for _service in (at.identities, at.people, at.registry, at.audit, at.exchange, at.alarms):
            """Is made by being asked for."""

    def _for_runs(self) -> Make:
        from strongroom.desktop.runs.page import RunsPage
        from strongroom.desktop.runs.services import RunsServices

        at = self._services
        services = RunsServices(
            runs=at.runs,
            run_table=at.run_table,
            experiments=at.experiments,
            metric_schemas=at.metric_schemas,
            run_values=at.run_values,
            curves=at.curves,
            artifacts=at.artifacts,
            viewing=at.viewing,
            run_export=at.run_export,
            outgoing=at.outgoing,
            stories=at.run_stories,
            datasets=at.datasets,
            clock=at.clock,
            repair=at.artifact_repair,
            gpu_hour_cents=lambda: int(self._preferences.value("logging.gpu_hour_cost")),
        )

        def make() -> Page:
            runs = self._runs = RunsPage(services, self._tasks, self._session)
            self._join_runs(runs)
            return runs

        return make

    def _join_runs(self, runs: "RunsPage") -> None:
        window, rail = self._window, self._window.rail
        runs.noticed.connect(window.notices.tell)
        runs.register_requested.connect(self._ask_to_register)
        runs.views_changed.connect(rail.views.set_views)
        rail.view_chosen.connect(lambda name: window.open_place(Place.of("runs", {"view": name})))
        rail.view_removed.connect(runs.view_actions.remove)
        runs.views.tell()
        self._show_overview()
        fresh = runs.body
        fresh.import_requested.connect(lambda: window.open_place(Place("exchange")))
        fresh.identity_requested.connect(lambda: window.open_place(Place("people")))
        fresh.store_requested.connect(window.store_menu_requested)
        fresh.demo_requested.connect(window.demo_requested)

    def _for_compare(self) -> Make:
        from strongroom.desktop.compare.page import ComparePage
        from strongroom.desktop.compare.services import CompareServices

        at, runs = self._services, self._runs
        if runs is None:
            raise RuntimeError("the Runs page comes first: colours are its")
        services = CompareServices(
            runs=at.runs,
            comparison=at.comparison,
            curves=at.curves,
            viewing=at.viewing,
            outgoing=at.outgoing,
            texts=at.run_texts,
            metric_schemas=at.metric_schemas,
            run_values=at.run_values,
            datasets=at.datasets,
            clock=at.clock,
            colour_of=runs.model.charted.place,
            charted=runs.charted,
            models=lambda: at.registry.models(),  # noqa: PLW0108 - read when it is asked for
        )
        return lambda: ComparePage(services, self._tasks, self._session)

    def _for_models(self) -> Make:
        from strongroom.desktop.registry.page import ModelsPage

        services = self._model_services()
        return lambda: self._telling(ModelsPage(services, self._tasks))

    def _for_reviews(self) -> Make:
        from strongroom.desktop.review.page import ReviewsPage
        from strongroom.desktop.review.services import ReviewServices

        at = self._services
        services = ReviewServices(
            reviews=at.reviews,
            registry=at.registry,
            identities=at.identities,
            people=at.people,
            clock=at.clock,
        )
        return lambda: self._telling(ReviewsPage(services, self._tasks))

    def _for_exchange(self) -> Make:
        from strongroom.desktop.exchange.page import ExchangePage, ExchangeServices

        at = self._services
        services = ExchangeServices(
            exchange=at.exchange, people=at.people, audit=at.audit, identities=at.identities,
            sticks=at.sticks, overrides=at.secrets, bundles=at.bundles,
            registry=at.registry, experiments=at.experiments, clock=at.clock,
        )  # fmt: skip

        def make() -> Page:
            page = ExchangePage(services, self._tasks)
            page.package_requested.connect(lambda: self._window.commands.run("audit.export"))
            page.noticed.connect(self._window.notices.tell)
            return page

        return make

    def _for_audit(self) -> Make:
        from strongroom.desktop.audit.page import AuditPage, AuditServices

        at = self._services
        services = AuditServices(
            audit=at.audit,
            evidence=at.evidence,
            registry=at.registry,
            people=at.people,
            identities=at.identities,
            clock=at.clock,
        )
        return lambda: AuditPage(services, self._tasks)

    def _for_monitor(self) -> Make:
        from strongroom.desktop.monitor.page import MonitorPage, MonitorServices

        services = MonitorServices(monitor=self._services.monitor, clock=self._services.clock)
        return lambda: MonitorPage(services, self._tasks)

    def _for_people(self) -> Make:
        from strongroom.desktop.people.page import PeoplePage, PeopleServices

        at = self._services
        services = PeopleServices(
            people=at.people,
            rights=at.rights,
            identities=at.identities,
            rotation=at.rotation,
            revocations=at.revocations,
            forks=at.trust_forks,
            reviews=at.access_reviews,
            roots=at.root_keys,
            drafts=at.waiting_drafts,
            clock=at.clock,
        )
        return lambda: self._telling(PeoplePage(services, self._tasks))

    def _for_settings(self) -> Make:
        from strongroom.desktop.shell.settings_page import SettingsPage

        _ = self._services.integrity  # what the page asks of this workstation
        return lambda: SettingsPage(self._services, self._tasks, self._preferences)

    # ---------------------------------------------------------------- roads

    def _telling(self, page: "ModelsPage | ReviewsPage | PeoplePage") -> Page:
        page.noticed.connect(self._window.notices.tell)
        return page

    def _model_services(self) -> "ModelServices":
        from strongroom.desktop.registry.services import ModelServices

        at = self._services
        return ModelServices(
            registry=at.registry,
            registering=at.registering,
            reviews=at.reviews,
            handover=at.handover,
            identities=at.identities,
            people=at.people,
            artifacts=at.artifacts,
            clock=at.clock,
        )

    def _ask_to_register(self, run_id: str, artifact: str) -> None:
        from strongroom.desktop.registry.register_dialog import RegisterDialog

        dialog = RegisterDialog(
            self._model_services(), self._tasks, run_id, artifact, parent=self._window
        )
        dialog.changed.connect(self._window.refresh)
        dialog.open()
