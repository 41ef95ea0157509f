"""The thin pages: Monitor, People, Audit and Settings, on a real store with a team."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import strongroom as sr
from strongroom.bootstrap import Services, open_services, open_settings
from strongroom.desktop.audit.page import AuditPage, AuditServices
from strongroom.desktop.kit.page import Page
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.task import Tasks
from strongroom.desktop.monitor.page import MonitorPage, MonitorServices
from strongroom.desktop.people.page import PeoplePage
from strongroom.desktop.shell.preferences import Preferences
from strongroom.desktop.shell.settings_page import SettingsPage
from strongroom.trust.keychain import PassphraseKeychain
from support.accessibility import nameless
from support.people_page import services_of
from support.settling import settle

PASSPHRASE = "correct horse battery"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    for number in range(6):
        with sr.start_run("digits", name=f"<b>run {number}</b>", store=tmp_path / "store"):
            sr.log_param("lr", 0.1 * number)
            sr.log_param("seed", 7)
            sr.log_metric("loss", 1.0 / (number + 1), step=1)
            sr.log_text("weights " * number, "model/weights.txt")
    at = open_services(
        tmp_path / "store",
        tmp_path / "home",
        ask=lambda _question: PASSPHRASE,
        keychain=PassphraseKeychain(),
        environ={},
    )
    at.runs.refresh()
    yield at
    at.close()


def found_team(at: Services) -> None:
    at.identities.create("Mara <i>Lindqvist</i>", passphrase=PASSPHRASE)
    at.people.create_team("Harbour ML")


def opened(page: Page, tasks: Tasks, qtbot: QtBot, place: Place | None = None) -> Page:
    page.resize(1200, 700)
    qtbot.addWidget(page)
    page.show()
    page.show_place(place or Place(page.page_id))
    for _ in range(3):
        assert tasks.wait_idle(20_000)
    return page


def test_monitor_has_ten_measures_and_says_what_would_fill_the_empty_ones(services, tasks, qtbot):
    page = MonitorPage(MonitorServices(monitor=services.monitor, clock=services.clock), tasks)
    opened(page, tasks, qtbot)
    assert sorted(page.tiles) == sorted(f"M{number}" for number in range(1, 11))
    measures = {measure.id: measure for measure in services.monitor.measures()}
    assert measures["M1"].figure == "100.0"
    assert measures["M3"].figure == "100"
    assert measures["M6"].verdict == "no-data"
    assert measures["M6"].hint
    assert nameless(page) == []


def test_people_without_a_team_says_what_to_do(services, tasks, qtbot):
    page = PeoplePage(services_of(services.workstation), tasks)
    opened(page, tasks, qtbot)
    assert page._empty.isVisible()
    assert not page.admit_button.isEnabled()


def test_people_shows_who_may_do_what_as_plain_text(services, tasks, qtbot):
    found_team(services)
    page = PeoplePage(services_of(services.workstation), tasks)
    opened(page, tasks, qtbot)
    settle(tasks)  # the rights of whoever is selected are asked for after the list
    (me,) = services.people.people()
    assert page.table.selected() == (me.writer,)
    pane = page.members.pane
    assert pane.title() == "Mara <i>Lindqvist</i>, you"
    assert (
        "Approve a move to any stage, everywhere. Founder, version 1 signed by"
        " root of Mara <i>Lindqvist</i>"
    ) in pane.rights()
    assert page.admit_button.isEnabled()
    assert nameless(page) == []


def test_audit_shows_each_event_and_how_far_the_log_holds(services, tasks, qtbot):
    found_team(services)
    run = services.runs.search(limit=1).runs[0]
    services.registering.register(run.run_id, "model", "churn")
    page = AuditPage(
        AuditServices(
            audit=services.audit,
            evidence=services.evidence,
            registry=services.registry,
            people=services.people,
            identities=services.identities,
            clock=services.clock,
        ),
        tasks,
    )
    opened(page, tasks, qtbot)
    types = [entry.type for entry in services.audit.entries()]
    assert types == ["version.register", "run.finish", "writer.hello"]
    assert len(page.table.lines()) == 3
    assert page.badge() == ""
    page.filter.edit.setText("register")
    assert len(page.table.lines()) == 1
    assert nameless(page) == []


def test_audit_without_a_team_says_what_to_do(services, tasks, qtbot):
    page = AuditPage(
        AuditServices(
            audit=services.audit,
            evidence=services.evidence,
            registry=services.registry,
            people=services.people,
            identities=services.identities,
            clock=services.clock,
        ),
        tasks,
    )
    opened(page, tasks, qtbot)
    assert page._empty.isVisible()
    assert not page.export_button.isEnabled()


def test_settings_show_where_things_are(services, tasks, qtbot):
    page = SettingsPage(services, tasks, Preferences(open_settings({})))
    opened(page, tasks, qtbot)
    assert nameless(page) == []
