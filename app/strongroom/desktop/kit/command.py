# SPDX-License-Identifier: Apache-2.0
"""What a person can do, declared once: menus, shortcuts, tool tips and the palette read it.

* Whether a command may run is a plain function of a frozen state; "no" always has a reason.
* The window's "no" is courtesy: the service checks again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from strongroom.domain.key_words import NO_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """What commands decide on.

    Attributes:
        page: The id of the page that is open.
        selection: The keys selected on it.
        has_store: A store is open.
        person: Who is signed in, "" for nobody.
        role: Their role.
        capabilities: What they may do.
        only_read: Why the store is only read, "" if it may be changed.
    """

    page: str = ""
    selection: tuple[str, ...] = ()
    has_store: bool = False
    person: str = ""
    role: str = ""
    capabilities: frozenset[str] = frozenset()
    only_read: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a command cannot run now, in one sentence."""

    text: str


def _nothing() -> str:
    return ""


def always(_state: WindowState) -> Reason | None:
    """Lets a command run whenever the window is open."""
    return None


def with_store(state: WindowState) -> Reason | None:
    """Lets a command run when a store is open."""
    return None if state.has_store else Reason("Open a store first")


def signed_in(state: WindowState) -> Reason | None:
    """Lets a command run when somebody has a key here."""
    return None if state.person else Reason(NO_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing a person can do.

    Attributes:
        id: ``area.verb``; never changes once released.
        title: What the menu and the palette say.
        run: Does it; what it returns is dropped.
        menu: The menu it stands in (``File`` … ``Help``), with a menu inside it behind a slash
            (``View/Go to``); "" for the palette alone.
        icon: A lucide icon.
        shortcut: In Qt's portable form, such as ``Ctrl+Shift+E``.
        enabled: Returns None, or why not.
        detail: Grey words behind the title in the palette.
        group: The heading in the palette.
        now: Returns what it would act on now; stands behind the title in menu and palette.
        changes: It changes the store: it cannot run while that is only read.
    """

    id: str
    title: str
    run: Callable[[], object]
    menu: str = ""
    icon: str = ""
    shortcut: str = ""
    enabled: Callable[[WindowState], Reason | None] = always
    detail: str = ""
    group: str = "Commands"
    now: Callable[[], str] = _nothing
    changes: bool = False

    def why_not(self, state: WindowState) -> Reason | None:
        """Returns why it cannot run now, None if it can."""
        if self.changes and state.only_read:
            return Reason(state.only_read)
        return self.enabled(state)

    def where(self) -> str:
        """Returns the way through the menus as people read it: ``View › Go to``."""
        return self.menu.replace("/", " › ")

    def title_now(self) -> str:
        """Returns the title with what it would act on now: ``Undo hide column loss``."""
        return f"{self.title} {self.now()}".rstrip()
