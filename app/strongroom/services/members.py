# SPDX-License-Identifier: Apache-2.0
"""The keys of a team as people read them: whose, on which host, with which role and rights."""

from dataclasses import dataclass

from strongroom.domain.access import role_of
from strongroom.domain.team import Grant, TrustDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """A writer as the People page shows him."""

    person: str
    name: str
    writer: str
    host: str
    role: str
    grants: tuple[Grant, ...]
    groups: tuple[str, ...]
    is_active: bool
    is_admin: bool
    is_me: bool


def members_of(document: TrustDocument, me: str) -> tuple[TeamMember, ...]:
    """Returns every writer of a team, active ones first, by name; ``me`` is the writer here."""
    members = [
        TeamMember(
            person=member.person,
            name=document.name_of(member.writer),
            writer=member.writer,
            host=member.host,
            role=role_of(document, member.writer),
            grants=member.grants,
            groups=document.people[member.person].groups,
            is_active=member.is_active,
            is_admin=member.writer in document.admin_writers,
            is_me=member.writer == me,
        )
        for member in document.members.values()
    ]
    return tuple(sorted(members, key=lambda m: (not m.is_active, m.name.casefold(), m.writer)))
