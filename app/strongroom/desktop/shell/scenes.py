# SPDX-License-Identifier: Apache-2.0
"""The scenes of the shell: settings, palette, notices, jobs, help, faults, keys, stores, people.

* `SCENES` is the one list of all rooms' scenes, in the order of the rail.
* What a fault or a question says here is what the program itself says there; nothing is run.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from strongroom.demo.people import people_of
from strongroom.desktop.audit import scenes as audit
from strongroom.desktop.compare import scenes as compare
from strongroom.desktop.exchange import scenes as exchange
from strongroom.desktop.kit.dialog import Dialog
from strongroom.desktop.kit.errors import CrashDialog, FaultDialog, UntrustedDialog
from strongroom.desktop.kit.place import Place
from strongroom.desktop.kit.scene import NothingToShow, Scene, Studio
from strongroom.desktop.kit.unlock_dialog import UnlockDialog
from strongroom.desktop.monitor import scenes as monitor
from strongroom.desktop.people import scenes as people
from strongroom.desktop.registry import scenes as registry
from strongroom.desktop.registry.register_dialog import RegisterDialog
from strongroom.desktop.review import scenes as review
from strongroom.desktop.runs import scenes as runs
from strongroom.desktop.runs.page import RunsPage
from strongroom.desktop.shell.about import AboutDialog
from strongroom.desktop.shell.alarm_strip import AlarmsDialog
from strongroom.desktop.shell.backup_dialogs import BackupPlanDialog, BackupsDialog
from strongroom.desktop.shell.health_dialog import HealthDialog
from strongroom.desktop.shell.help_dialog import HelpDialog
from strongroom.desktop.shell.jobs_dialog import JobsDialog
from strongroom.desktop.shell.main_window import MainWindow
from strongroom.desktop.shell.notices_panel import NoticesPanel
from strongroom.desktop.shell.palette import Palette
from strongroom.desktop.shell.question_dialog import QuestionDialog
from strongroom.desktop.shell.settings_page import SettingsPage
from strongroom.desktop.shell.shortcuts_dialog import ShortcutsDialog
from strongroom.desktop.shell.sign_in import SignInDialog
from strongroom.desktop.shell.stores_dialog import StoresDialog
from strongroom.desktop.shell.studio import WindowStudio
from strongroom.desktop.shell.support import Support
from strongroom.desktop.shell.support_dialog import SupportDialog
from strongroom.domain.chains import Alarm
from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.services.alarms import note_of

TRIED = 20  # runs that are looked through for a model


def _studio(studio: Studio) -> WindowStudio:
    if not isinstance(studio, WindowStudio):
        raise TypeError("scenes of the shell need its own studio")
    return studio


def _runs(studio: Studio) -> MainWindow:
    """Opens the first page, so that what opens above it has something behind."""
    studio.open(Place("runs"))
    return _studio(studio).window


def _settings(words: str, studio: Studio) -> QWidget:
    studio.open(Place("settings"))
    studio.page(SettingsPage).search.set_text(words)
    studio.settle()
    return studio.window


def _changed_setting(studio: Studio) -> QWidget:
    """Drafts a choice that changes nothing in sight, so that Save and Cancel are offered."""
    studio.open(Place("settings"))
    page = studio.page(SettingsPage)
    page.search.set_text("")
    page.preferences.preview("window.message_seconds", 10)
    studio.settle()
    return studio.window


def _palette(words: str, studio: Studio) -> QWidget:
    window = _runs(studio)
    studio.run("window.palette")
    window.palette_box.edit.setText(words)
    studio.settle()
    return window.palette_box


def _notices(studio: Studio) -> QWidget:
    window = _runs(studio)
    if not window.notices.entries():
        window.notices.tell("Saved all charts", "12 pictures in charts")
        window.notices.tell("The layout is not saved", "No space left on device", "warn")
        window.notices.tell("2 runs archived", "Edit, Undo brings them back")
    studio.run("window.notices")
    return studio.dialog(NoticesPanel)


def _by_command(command: str, kind: type[Dialog], studio: Studio) -> QWidget:
    _runs(studio)
    studio.run(command)
    return studio.dialog(kind)


def _opened(make: Callable[[WindowStudio], Dialog], studio: Studio) -> QWidget:
    _runs(studio)
    dialog = make(_studio(studio))
    dialog.open()
    studio.settle()
    return dialog


def _register(studio: Studio) -> QWidget:
    """Looks among the runs in sight for one with a model."""
    _runs(studio)
    page = studio.page(RunsPage)
    for row in range(TRIED):
        run_id = page.table.run_id(row)
        if not run_id:
            break
        page.table.select(run_id)
        studio.run("runs.register")
        try:
            return studio.dialog(RegisterDialog)
        except NothingToShow:
            _studio(studio).clear()
    raise NothingToShow("no run in sight has a model")


def _crash(studio: WindowStudio) -> Dialog:
    try:
        wanted: dict[str, float] = {}
        _ = wanted["val/loss"]
    except KeyError as error:
        return CrashDialog(error, studio.window)
    raise AssertionError("an empty dict has no key")


def _fault(studio: WindowStudio) -> Dialog:
    title, advice = "The disk is full", "Make room, then try again. Nothing was half written."
    return FaultDialog(EnvironmentFault("E-FULL", title, advice), studio.window)


def _untrusted(studio: WindowStudio) -> Dialog:
    return UntrustedDialog(
        Untrusted(
            "E-HASH",
            "A file does not match its digest",
            "Fetch it again from somebody who has it. The copy stays in quarantine.",
        ),
        studio.window,
    )


def _unlock(studio: WindowStudio) -> Dialog:
    status = studio.services.identities.key_status()
    if not status.writer:
        raise NothingToShow("nobody has a key here")
    return UnlockDialog(status, "Approving a transition needs your key.", studio.window)


def _alarms(studio: WindowStudio) -> Dialog:
    """Shows what three alarms say of this very team; nothing of it has happened."""
    if not studio.services.people.team_id():
        raise NothingToShow("without a team nobody can contradict anybody")
    document = studio.services.people.team()
    writers = sorted(document.members, key=document.name_of)
    alarms = (
        Alarm(code="E-TRUST-FORK", object=f"trust/{document.version + 1}", detail=""),
        Alarm(code="E-EQUIV", object=f"{writers[0]}/7", detail=""),
        Alarm(code="E-WITHHELD", object=f"{writers[-1]}/12", detail=""),
    )
    return AlarmsDialog([note_of(alarm, document) for alarm in alarms], parent=studio.window)


def _sign_in(studio: WindowStudio) -> Dialog:
    return SignInDialog(people_of(studio.store), studio.home, parent=studio.window)


def _stores(studio: WindowStudio) -> Dialog:
    here = studio.store
    recent = (here, here.with_name("fraud"), here.with_name("vision"))
    return StoresDialog(recent, here, parent=studio.window)


def _health(studio: WindowStudio) -> Dialog:
    return HealthDialog(studio.services, studio.window.tasks, parent=studio.window)


def _backup_plan(studio: WindowStudio) -> Dialog:
    return BackupPlanDialog(studio.services.backups.plan(), parent=studio.window)


def _backups(studio: WindowStudio) -> Dialog:
    plan = studio.services.backups.plan()
    if plan is None or plan.last_us is None:
        raise NothingToShow("no backup was made of this store")
    found = studio.services.backups.listed()
    now_us = studio.services.clock.now_us()
    return BackupsDialog(found, plan.folder, now_us, parent=studio.window)


def _question(studio: WindowStudio) -> Dialog:
    return QuestionDialog(
        "Remove the demo workspace",
        "Its runs, models and people go away; your own stores are not touched. Runs you logged "
        "into the demo yourself stop this.",
        "Remove the demo", lambda: None, kind="danger", icon="trash-2",
        details=str(studio.store), parent=studio.window,
    )  # fmt: skip


def _support(studio: Studio) -> QWidget:
    window = _runs(studio)
    at = _studio(studio)
    folder = at.aside()
    support = Support(at.preferences.settings, folder, at.services.clock, window)
    support.attach(window)
    support.open_dialog(None, window)
    dialog = studio.dialog(SupportDialog)
    support.close()
    return dialog


OWN = (
    Scene(name="settings", shows=SettingsPage, play=partial(_settings, "")),
    Scene(name="settings-found", shows=SettingsPage, play=partial(_settings, "text")),
    Scene(name="settings-changed", shows=SettingsPage, play=_changed_setting),
    Scene(name="palette", shows=Palette, play=partial(_palette, "")),
    Scene(name="palette-found", shows=Palette, play=partial(_palette, "compare")),
    Scene(name="notices", shows=NoticesPanel, play=_notices),
    Scene(name="jobs", shows=JobsDialog, play=partial(_by_command, "window.jobs", JobsDialog)),
    Scene(name="help", shows=HelpDialog, play=partial(_by_command, "help.page", HelpDialog)),
    Scene(
        name="shortcuts", shows=ShortcutsDialog,
        play=partial(_by_command, "help.shortcuts", ShortcutsDialog),
    ),
    Scene(name="about", shows=AboutDialog, play=partial(_by_command, "help.about", AboutDialog)),
    Scene(name="support", shows=SupportDialog, play=_support),
    Scene(name="alarms", shows=AlarmsDialog, play=partial(_opened, _alarms)),
    Scene(name="sign-in", shows=SignInDialog, play=partial(_opened, _sign_in)),
    Scene(name="backup-plan", shows=BackupPlanDialog, play=partial(_opened, _backup_plan)),
    Scene(name="backups", shows=BackupsDialog, play=partial(_opened, _backups)),
    Scene(name="store-health", shows=HealthDialog, play=partial(_opened, _health)),
    Scene(name="stores", shows=StoresDialog, play=partial(_opened, _stores)),
    Scene(name="question", shows=QuestionDialog, play=partial(_opened, _question)),
    Scene(name="unlock", shows=UnlockDialog, play=partial(_opened, _unlock)),
    Scene(name="fault", shows=FaultDialog, play=partial(_opened, _fault)),
    Scene(name="untrusted", shows=UntrustedDialog, play=partial(_opened, _untrusted)),
    Scene(name="crash", shows=CrashDialog, play=partial(_opened, _crash)),
    Scene(name="models-register", shows=RegisterDialog, play=_register),
)  # fmt: skip

SCENES = (
    *runs.SCENES,
    *compare.SCENES,
    *registry.SCENES,
    *review.SCENES,
    *exchange.SCENES,
    *audit.SCENES,
    *monitor.SCENES,
    *people.SCENES,
    *OWN,
)
"""Every scene of the program, in the order of the rail."""
