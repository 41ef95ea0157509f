# SPDX-License-Identifier: Apache-2.0
"""Whom a bundle is sealed for: people by name, their workstations by key."""

from collections.abc import Sequence

from strongroom.domain.errors import BadInput
from strongroom.domain.team import TrustDocument


def recipients_of(
    document: TrustDocument, to: Sequence[str], own: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Returns names, writers and keys of the people named, and of ourselves; () for nobody.

    Raises:
        BadInput: ``E-NAME`` if a name means nobody, or several people.
    """
    if not to:
        return (), (), ()
    people: set[str] = set()
    for name in to:
        found = {
            person.person
            for person in document.people.values()
            if name.casefold() in {person.person.casefold(), person.name.casefold()}
        }
        if len(found) != 1:
            title = f"{name[:80]} means {'several people' if found else 'nobody in the team'}"
            raise BadInput("E-NAME", title, "strongroom people list shows names and ids.")
        people |= found
    members = sorted(
        (
            m
            for m in document.members.values()
            if m.is_active and m.person in people | {_person(document, own)}
        ),
        key=lambda member: member.writer,
    )
    opened = {m.person for m in members}
    shut_out = next((p for p in sorted(people) if p not in opened), "")
    if shut_out:
        title = f"{document.people[shut_out].name} has no workstation that could open it"
        raise BadInput("E-NAME", title, "Leave this person out, or wait for the enrolment.")
    names = tuple(sorted(document.people[person].name for person in people))
    return names, tuple(m.writer for m in members), tuple(m.p256 for m in members)


def _person(document: TrustDocument, writer: str) -> str:
    member = document.members.get(writer)
    return member.person if member else ""
