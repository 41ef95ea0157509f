# SPDX-License-Identifier: Apache-2.0
"""What can be done on the Exchange page, for menus, keys, palette and right button."""

from collections.abc import Callable
from typing import Protocol

from strongroom.desktop.exchange.bundle_acts import BundleActs
from strongroom.desktop.exchange.services import Known
from strongroom.desktop.kit.command import Command, Reason, WindowState, with_store

CHANGES = frozenset({"sync", "sync_place", "import", "bundle", "confirm", "retry_all"})
Why = Callable[[WindowState], Reason | None]


class Commanded(Protocol):
    """The page, as far as commands ask it."""

    carrying: BundleActs

    def known(self) -> Known:
        """Returns what this workstation remembers."""

    def current_place(self) -> str:
        """Returns the place that is selected and to be seen, "" for none."""

    def why_not_sync(self) -> str:
        """Returns why nothing can be exchanged with all places now, "" if it can."""

    def here(self, act: Callable[[], None]) -> Callable[[], None]:
        """Returns an act that opens the page first."""

    def sync(self) -> None:
        """Exchanges with every place."""

    def sync_place(self, name: str) -> None:
        """Exchanges with one place."""

    def plan(self, name: str) -> None:
        """Says what Sync would do."""

    def pause(self, name: str) -> None:
        """Pauses or resumes a place."""

    def import_(self) -> None:
        """Opens the wizard."""

    def add_place(self) -> None:
        """Names a folder."""

    def retry_all(self) -> None:
        """Passes everything in quarantine through the gate again."""


def page_commands(page: Commanded) -> list[Command]:
    """Returns the commands of a page."""

    def with_team(state: WindowState) -> Reason | None:
        if (why := with_store(state)) is not None:
            return why
        return None if page.known().team else Reason("Found or join a team first")

    def with_places(state: WindowState) -> Reason | None:
        if (why := with_team(state)) is not None:
            return why
        why_not = page.why_not_sync()
        return Reason(why_not) if why_not else None

    def with_place(state: WindowState) -> Reason | None:
        if (why := with_team(state)) is not None:
            return why
        return None if page.current_place() else Reason("Select a place first")

    def with_quarantine(state: WindowState) -> Reason | None:
        if (why := with_team(state)) is not None:
            return why
        return None if page.known().quarantined else Reason("Nothing is in quarantine")

    def act(
        verb: str, title: str, run: Callable[[], None], why: Why, icon: str, keys: str = ""
    ) -> Command:
        return Command(
            id=f"exchange.{verb}", title=title, run=page.here(run), menu="Exchange",
            icon=icon, shortcut=keys, enabled=why, group="Exchange", changes=verb in CHANGES,
        )  # fmt: skip

    def at_place(do: Callable[[str], None]) -> Callable[[], None]:
        return lambda: do(page.current_place())

    return [
        act("sync", "Sync now", page.sync, with_places, "refresh-cw", "Ctrl+Shift+S"),
        act("sync_place", "Sync this place", at_place(page.sync_place), with_place, "refresh-cw"),
        act("plan", "Say what Sync would do…", at_place(page.plan), with_place, "list-checks"),
        act("pause", "Pause or resume this place", at_place(page.pause), with_place, "pause"),
        act("import", "Import…", page.import_, with_store, "download"),
        act("bundle", "Make a bundle…", page.carrying.make, with_team, "archive"),
        act("confirm", "Confirm a receipt…", page.carrying.confirm, with_team, "badge-check"),
        act("add_place", "Add a place…", page.add_place, with_team, "plus"),
        act(
            "retry_all", "Try everything in quarantine again", page.retry_all, with_quarantine,
            "rotate-ccw",
        ),
    ]  # fmt: skip
