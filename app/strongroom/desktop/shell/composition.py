# SPDX-License-Identifier: Apache-2.0
"""Composing the window: every page with the services it needs, and the roads between them.

* Pages ignore each other; where one leads to another, the road is laid here.
"""

from collections.abc import Callable, Sequence

from strongroom.bootstrap import Services
from strongroom.desktop.audit.page import AuditPage, AuditServices
from strongroom.desktop.compare.page import ComparePage
from strongroom.desktop.compare.services import CompareServices
from strongroom.desktop.exchange.page import ExchangePage, ExchangeServices
from strongroom.desktop.kit.command import Command
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.session import Session
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.kit.wording import size
from strongroom.desktop.monitor.page import MonitorPage, MonitorServices
from strongroom.desktop.people.page import PeoplePage, PeopleServices
from strongroom.desktop.registry.page import ModelsPage
from strongroom.desktop.registry.register_dialog import RegisterDialog
from strongroom.desktop.registry.services import ModelServices
from strongroom.desktop.review.page import ReviewsPage
from strongroom.desktop.review.services import ReviewServices
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.runs.services import RunsServices
from strongroom.desktop.shell.about import AboutDialog
from strongroom.desktop.shell.help_commands import help_commands
from strongroom.desktop.shell.look_commands import look_commands
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.overview import Overview
from strongroom.desktop.shell.page_spec import PageSpec
from strongroom.desktop.shell.palette_objects import PaletteObjects
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.settings_page import SettingsPage


def build_window(
    services: Services, tasks: Tasks, session: Session, preferences: Preferences
) -> MainWindow:
    """Returns the window of the person and store of these services, not shown yet.

    Args:
        services: Of one person at one store.
        tasks: The jobs of the window.
        session: What pages remember of their layout.
        preferences: The settings as the window lives them.
    """
    runs = RunsPage(
        RunsServices(
            runs=services.runs,
            run_table=services.run_table,
            experiments=services.experiments,
            metric_schemas=services.metric_schemas,
            run_values=services.run_values,
            curves=services.curves,
            artifacts=services.artifacts,
            viewing=services.viewing,
            stories=services.run_stories,
            clock=services.clock,
        ),
        tasks,
        session,
    )
    models_services = ModelServices(
        registry=services.registry,
        registering=services.registering,
        reviews=services.reviews,
        handover=services.handover,
        identities=services.identities,
        people=services.people,
        artifacts=services.artifacts,
        clock=services.clock,
    )
    models = ModelsPage(models_services, tasks)
    reviews = ReviewsPage(
        ReviewServices(
            reviews=services.reviews,
            registry=services.registry,
            identities=services.identities,
            people=services.people,
            clock=services.clock,
        ),
        tasks,
    )
    overview = Overview(services, tasks)
    window = MainWindow(
        _page_specs(services, tasks, session, preferences, runs, models, reviews),
        _commands(lambda: window, tasks, preferences),
        tasks=tasks,
        clock=services.clock,
        state=lambda: overview.state,
        objects=lambda: overview.objects,
        open_object=lambda key: _open(window, key),
        session=session,
    )
    finder = PaletteObjects(services, tasks, window)
    window.palette_box.sought.connect(finder.look)
    window.palette_box.finished.connect(finder.stop)
    finder.found.connect(window.palette_box.show_objects)
    window.closing.connect(finder.stop)

    def ask_to_register(run_id: str, artifact: str) -> None:
        dialog = RegisterDialog(models_services, tasks, run_id, artifact, parent=window)
        dialog.changed.connect(window.refresh)
        dialog.open()

    runs.register_requested.connect(ask_to_register)
    for page in (runs, models, reviews):
        page.noticed.connect(window.notices.tell)
    _join_views(window, runs)
    window.chain_requested.connect(lambda: window.open_place(Place("audit")))
    window.exchange_requested.connect(lambda: window.open_place(Place("exchange")))
    overview.setParent(window)

    fresh = runs.body.no_runs
    fresh.import_requested.connect(lambda: window.open_place(Place("exchange")))
    fresh.identity_requested.connect(lambda: window.open_place(Place("people")))
    fresh.store_requested.connect(window.store_menu_requested)
    fresh.demo_requested.connect(window.demo_requested)

    def arrived() -> None:
        _show_overview(window, overview)
        free = size(overview.free_bytes) if overview.free_bytes is not None else ""
        fresh.show_facts(overview.status.person if overview.state.person else "", free)

    overview.arrived.connect(arrived)
    window.changed.connect(overview.look)
    overview.look()
    return window


def _join_views(window: MainWindow, runs: RunsPage) -> None:
    rail = window.rail
    runs.views_changed.connect(rail.views.set_views)
    rail.view_chosen.connect(lambda name: window.open_place(Place.of("runs", {"view": name})))
    rail.view_removed.connect(runs.view_actions.remove)
    runs.views.tell()


def _page_specs(
    services: Services,
    tasks: Tasks,
    session: Session,
    preferences: Preferences,
    runs: RunsPage,
    models: ModelsPage,
    reviews: ReviewsPage,
) -> Sequence[PageSpec]:
    clock = services.clock
    compare = ComparePage(
        CompareServices(
            runs=services.runs,
            comparison=services.comparison,
            curves=services.curves,
            run_values=services.run_values,
            viewing=services.viewing,
            texts=services.run_texts,
            metric_schemas=services.metric_schemas,
            clock=clock,
            colour_of=runs.model.charted.place,
            charted=runs.charted,
        ),
        tasks,
        session,
    )
    exchange = ExchangePage(
        ExchangeServices(exchange=services.exchange, people=services.people, clock=clock), tasks
    )
    audit = AuditPage(
        AuditServices(
            audit=services.audit,
            evidence=services.evidence,
            registry=services.registry,
            people=services.people,
            identities=services.identities,
            clock=clock,
        ),
        tasks,
    )
    monitor = MonitorPage(MonitorServices(monitor=services.monitor, clock=clock), tasks)
    people = PeoplePage(
        PeopleServices(people=services.people, identities=services.identities, clock=clock), tasks
    )
    settings = SettingsPage(services, tasks, preferences)
    return (
        PageSpec(id="runs", title="Runs", icon="flask-conical", page=runs, shortcut="Ctrl+1"),
        PageSpec(
            id="compare", title="Compare", icon="git-compare-arrows", page=compare,
            shortcut="Ctrl+2",
        ),
        PageSpec(id="models", title="Models", icon="box", page=models, shortcut="Ctrl+3"),
        PageSpec(
            id="reviews", title="Reviews", icon="stamp", page=reviews, shortcut="Ctrl+4",
            waits_for_me=True,
        ),
        PageSpec(
            id="exchange", title="Exchange", icon="arrow-left-right", page=exchange,
            shortcut="Ctrl+5",
        ),
        PageSpec(id="audit", title="Audit", icon="scroll-text", page=audit, shortcut="Ctrl+6"),
        PageSpec(id="monitor", title="Monitor", icon="activity", page=monitor, shortcut="Ctrl+7"),
        PageSpec(id="people", title="People", icon="users", page=people, shortcut="Ctrl+8"),
        PageSpec(
            id="settings", title="Settings", icon="settings", page=settings, shortcut="Ctrl+,",
            at_foot=True,
        ),
    )  # fmt: skip


def _commands(
    window: Callable[[], MainWindow], tasks: Tasks, preferences: Preferences
) -> Sequence[Command]:
    return [
        Command(
            id="file.open_store", title="Open store…", menu="File", icon="folder-open",
            shortcut="Ctrl+O", group="File",
            run=lambda: window().store_menu_requested.emit(),  # noqa: PLW0108 - the window comes later
        ),
        Command(
            id="file.demo", title="Open the demo workspace", menu="File", icon="play", group="File",
            run=lambda: window().demo_requested.emit(),  # noqa: PLW0108 - ditto
        ),
        Command(
            id="file.remove_demo", title="Remove the demo workspace…", menu="File", icon="trash-2",
            group="File",
            run=lambda: window().demo_remove_requested.emit(),  # noqa: PLW0108 - ditto
        ),
        Command(
            id="file.sign_in", title="Sign in as…", menu="File", icon="user", group="File",
            run=lambda: window().sign_in_requested.emit(),  # noqa: PLW0108 - the window comes later
        ),
        Command(
            id="file.quit", title="Quit", menu="File", icon="log-out", shortcut="Ctrl+Q",
            run=lambda: _close(window()), group="File",
        ),
        *help_commands(window),
        Command(
            id="help.about", title="About Strongroom", menu="Help", icon="info",
            run=lambda: AboutDialog(window()).open(), group="Help",
        ),
        Command(
            id="help.support_bundle", title="Save support bundle…", menu="Help", icon="save",
            run=lambda: window().support_requested.emit(), group="Help",  # noqa: PLW0108 - ditto
        ),
        *look_commands(tasks, preferences),
    ]  # fmt: skip


def _close(window: MainWindow) -> None:
    window.close()


def _show_overview(window: MainWindow, overview: Overview) -> None:
    window.set_status(overview.status)
    window.set_store(overview.store_name, overview.team)
    window.refresh_badges()
    window.commands.look_again()


def _open(window: MainWindow, key: str) -> None:
    kind, _, rest = key.partition("/")
    if kind == "runs":
        window.open_place(Place.of("runs", {"run": rest}))
    elif kind == "experiments":
        window.open_place(Place.of("runs", {"experiment": rest}))
    else:
        name, _, version = rest.rpartition("/")
        window.open_place(Place.of("models", {"name": name, "version": version}))
