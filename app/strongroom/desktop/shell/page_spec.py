# SPDX-License-Identifier: Apache-2.0
"""The places of the rail, known before any page is made: titles, icons, keys."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """A page's place on the rail.

    Attributes:
        id: The page id, such as ``runs``.
        title: What the rail says.
        icon: A lucide icon.
        shortcut: Such as ``Ctrl+1``.
        at_foot: Stands at the foot of the rail (settings).
        waits_for_me: Its badge counts what waits for the person.
        has_table: A filter above a table: what is painted until the page is there.
    """

    id: str
    title: str
    icon: str
    shortcut: str = ""
    at_foot: bool = False
    waits_for_me: bool = False
    has_table: bool = False


PLACES = (
    PageSpec(id="runs", title="Runs", icon="flask-conical", shortcut="Ctrl+1", has_table=True),
    PageSpec(id="compare", title="Compare", icon="git-compare-arrows", shortcut="Ctrl+2"),
    PageSpec(id="models", title="Models", icon="box", shortcut="Ctrl+3"),
    PageSpec(id="reviews", title="Reviews", icon="stamp", shortcut="Ctrl+4", waits_for_me=True),
    PageSpec(id="exchange", title="Exchange", icon="arrow-left-right", shortcut="Ctrl+5"),
    PageSpec(id="audit", title="Audit", icon="scroll-text", shortcut="Ctrl+6"),
    PageSpec(id="monitor", title="Monitor", icon="activity", shortcut="Ctrl+7"),
    PageSpec(id="people", title="People", icon="users", shortcut="Ctrl+8"),
    PageSpec(id="settings", title="Settings", icon="settings", shortcut="Ctrl+,", at_foot=True),
)
"""The pages of the window, in the order of the rail."""
