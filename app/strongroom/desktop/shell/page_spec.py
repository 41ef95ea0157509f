# SPDX-License-Identifier: Apache-2.0
"""A page and its place on the rail."""

from dataclasses import dataclass

from strongroom.desktop.kit.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """A page for the rail.

    Attributes:
        id: The page id, such as ``runs``.
        title: What the rail says.
        icon: A lucide icon.
        page: The page.
        shortcut: Such as ``Ctrl+1``.
        at_foot: Stands at the foot of the rail (settings).
        waits_for_me: Its badge counts what waits for the person.
    """

    id: str
    title: str
    icon: str
    page: Page
    shortcut: str = ""
    at_foot: bool = False
    waits_for_me: bool = False
