# SPDX-License-Identifier: Apache-2.0
"""What a newer Strongroom wrote into a home: read as far as it is known, and never written over.

* A document says its number in ``format``; one that says none has the first. Key files say ``v``.
* What an act has to remember in such a file is refused before the act begins, so that nothing is
  done by halves. A note beside an act, which stops nobody, is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strongroom.domain.errors import Refused
from strongroom.store.store_folder import UPDATE

FORMAT = 1  # of every document of a home
IDENTITY, NEXT, PIN, FORMER = "identity.json", "identity.next.json", "pin.json", "former-keys.json"
SIGNED, MET = "signed.json", "restored-met.json"
MARKS, SYNC, CARRIAGE, REMOTES = "marks.json", "sync.json", "carriage.json", "remotes.toml"
HELD, DRAFTS, BACKUP = "held.json", "drafts.json", "backup.json"

OF_KEYS = (IDENTITY, NEXT, FORMER)
OF_SIGNING = (SIGNED, MET)
OF_EXCHANGE = (MARKS, SYNC)
WAITS: Mapping[tuple[str, ...], str] = {
    OF_KEYS: "keys stay as they are",
    (PIN,): "the team that is trusted stays as it is",
    OF_SIGNING: "nothing is signed",
    OF_EXCHANGE: "nothing is exchanged with remotes",
    (CARRIAGE,): "no bundle is made or taken in",
    (REMOTES,): "no remote is added",
    (BACKUP,): "the plan of backups stays as it is",
    (HELD,): "a team that turns away is not noticed",
    (DRAFTS,): "drafts of the team are not listed",
}
"""What is not done while one of these files is of tomorrow, as a clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerFile:
    """A file of a home that a newer Strongroom wrote, and its number."""

    name: str
    number: int


def number_of(document: object) -> int:
    """Returns the number a document of a home says, `FORMAT` if it says none that is one."""
    number = document.get("format") if isinstance(document, Mapping) else None
    return number if type(number) is int else FORMAT


def refused(newer: Sequence[NewerFile]) -> Refused:
    """Returns what a person hears who would have a file of tomorrow written."""
    return Refused("E-FORMAT", sentence(newer), UPDATE)


def sentence(newer: Sequence[NewerFile]) -> str:
    """Returns which files of tomorrow a home holds, without a full stop."""
    names = [each.name for each in newer]
    told = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    number = max(each.number for each in newer)
    is_one = len(names) == 1
    return (
        f"A newer Strongroom wrote {told} of this home (format {number});"
        f" {'it is' if is_one else 'they are'} only read here"
    )


def what_waits(newer: Sequence[NewerFile]) -> str:
    """Returns what is not done here until Strongroom is updated, as a sentence."""
    names = {each.name for each in newer}
    clauses = [clause for files, clause in WAITS.items() if names & set(files)]
    told = "; ".join(clauses) or "they stay as they are"
    return f"Update Strongroom here. Until then: {told}."
