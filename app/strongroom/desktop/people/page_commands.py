# SPDX-License-Identifier: Apache-2.0
"""What can be done on the People page, for menus, keys, palette and right button."""

from collections.abc import Callable
from typing import Protocol

from strongroom.desktop.kit.command import Command, Reason, WindowState, signed_in
from strongroom.desktop.people.members_view import TEAMLESS
from strongroom.desktop.people.team_acts import TeamActs

CHANGES = frozenset({"admit", "grant", "revoke", "cosign", "found", "settle"})
Why = Callable[[WindowState], Reason | None]


class Commanded(Protocol):
    """The page, as far as commands ask it."""

    page_id: str
    acts: TeamActs

    def why_not(self) -> str:
        """Returns why this person changes nothing in the team, "" if one does."""

    def grant(self) -> None:
        """Gives the selected person a role."""

    def revoke(self) -> None:
        """Ends every right of the selected person."""

    def show_tab(self, tab: str) -> None:
        """Opens a tab of the page."""

    def save_review(self) -> None:
        """Writes who could do what."""


def page_commands(page: Commanded) -> list[Command]:
    """Returns the commands of a page; those of the key come from `KeyActs`."""
    acts = page.acts

    def with_member(state: WindowState) -> Reason | None:
        if state.page != page.page_id or not state.selection:
            return Reason("Select somebody on the People page first")
        why_not = page.why_not()
        return Reason(why_not) if why_not else signed_in(state)

    def admits(state: WindowState) -> Reason | None:
        why_not = page.why_not()
        return signed_in(state) or (Reason(why_not) if why_not else None)

    def signs(state: WindowState) -> Reason | None:
        has_team = acts.team.document is not None
        return signed_in(state) if has_team else Reason(TEAMLESS)

    def unpinned(_state: WindowState) -> Reason | None:
        return Reason("This store has its team") if acts.team.id else None

    def teamless(state: WindowState) -> Reason | None:
        return unpinned(state) or signed_in(state)

    def with_team(_state: WindowState) -> Reason | None:
        return None if acts.team.id else Reason(TEAMLESS)

    def forked(_state: WindowState) -> Reason | None:
        is_told = acts.team.is_forked or acts.team.put_aside
        return None if is_told else Reason("The team has one version")

    def act(verb: str, title: str, run: Callable[[], None], why: Why, icon: str) -> Command:
        return Command(
            id=f"people.{verb}", title=title, run=run, menu="Edit", icon=icon, enabled=why,
            group="People", changes=verb in CHANGES,
        )  # fmt: skip

    def known(_state: WindowState) -> Reason | None:
        return None if acts.team.document is not None else Reason(TEAMLESS)

    return [
        act("access", "Review who may do what", lambda: page.show_tab("access"), known,
            "list-checks"),
        act("save_review", "Save the review of access…", page.save_review, known, "save"),
        act("drafts", "Drafts of the team", lambda: page.show_tab("drafts"), known, "pen-line"),
        act("admit", "Admit somebody…", acts.admit, admits, "user-plus"),
        act("grant", "Give this person a role…", page.grant, with_member, "user"),
        act("revoke", "Revoke every right of this person…", page.revoke, with_member, "user-x"),
        act("cosign", "Sign a draft of the team…", acts.cosign, signs, "pen-line"),
        act("found", "Found a team…", acts.found, teamless, "users"),
        act("join", "Join a team…", acts.join, unpinned, "shield-check"),
        act("copy_id", "Copy the team's id", acts.copy_team_id, with_team, "copy"),
        act("settle", "Two versions of the team…", acts.look_at_fork, forked, "git-fork"),
    ]  # fmt: skip
