# SPDX-License-Identifier: Apache-2.0
"""Choosing a role and where it holds, with what that allows in words below."""

from PySide6.QtWidgets import QVBoxLayout

from strongroom.desktop.kit.choice import Choice
from strongroom.desktop.kit.fields import Field
from strongroom.desktop.kit.kept_width import form_label
from strongroom.desktop.kit.labels import Label
from strongroom.desktop.kit.surface import Surface, row
from strongroom.domain.access import ROLE_TITLES, ROLES, right_in_words
from strongroom.domain.team import Grant

KEY_WIDTH = 120  # px at 100 %
CHANGES_TEAM = "Change the team: admit, give and end rights, set policies"
READ_ONLY = "Read only: the rights of the folder govern reading"


class RoleForm(Surface):
    """Role, scope, and what they come to.

    Args:
        role: The role that is chosen at first.
    """

    def __init__(self, role: str) -> None:
        super().__init__()
        self._is_host = False
        self.roles = Choice([(each, ROLE_TITLES[each]) for each in ROLES], role, name="Role")
        self.scope_field = Field("Scope", "model:fraud-*", "*", mono=True, width=220)
        self._may = Label("", "text_secondary", "dense", wrap=True)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(8)
        down.addWidget(row(form_label("Role", KEY_WIDTH), self.roles, None, spacing=0))
        down.addWidget(row(form_label("Scope", KEY_WIDTH), self.scope_field, None, spacing=0))
        down.addWidget(row(form_label("", KEY_WIDTH), (self._may, 1), spacing=0))
        self.roles.chosen.connect(self._say)
        self.scope_field.changed.connect(self._say)
        self._say()

    def role(self) -> str:
        """Returns the chosen role."""
        return self.roles.current()

    def scope(self) -> str:
        """Returns where it holds, ``*`` for everywhere."""
        return self.scope_field.text().strip() or "*"

    def set_host(self, *, is_host: bool) -> None:
        """Says that a training host asks, which may sign runs whatever the role."""
        self._is_host = is_host
        self.roles.setEnabled(not is_host)
        self._say()

    def said(self) -> str:
        """Returns what role and scope come to, in words."""
        return self._may.text()

    def _say(self, _changed: object = None) -> None:
        caps = ("log",) if self._is_host else ROLES[self.role()]
        grants = [Grant(cap=cap, scope=self.scope(), after_seq=0, cut=None) for cap in caps]
        rights = [right_in_words(grant) for grant in grants]
        if self.role() == "admin" and not self._is_host:
            rights.insert(0, CHANGES_TEAM)
        said = "; ".join(rights) or READ_ONLY
        self._may.setText(f"A training host: {said}" if self._is_host else said)
