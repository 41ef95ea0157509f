# SPDX-License-Identifier: Apache-2.0
"""Which version of the team this workstation has worked under: a team that turns away is told.

* A settlement is a rule for everybody; who worked on the side that it puts aside hears of it, until
  a person here says that he knows. A stranger with a root key cannot change a team in silence.
* While the team is forked nothing is noted: what was in force before is what the fork is about.
* Memory is advice: losing the note loses an alarm, never a version.
"""

from dataclasses import dataclass

from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest
from strongroom.domain.team import Head, TrustDocument
from strongroom.store.home import Home
from strongroom.store.home_formats import HELD
from strongroom.trust.trust_chain import TrustChain


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedTeam:
    """A version that was in force here and is put aside.

    Attributes:
        was: That version.
        shared: The number of the last version that its line and the present one share.
        now: The version in force now.
    """

    was: TrustDocument
    shared: int
    now: TrustDocument


class HeldTeam:
    """The file ``held.json`` of a home.

    Args:
        home: The home.
    """

    def __init__(self, home: Home) -> None:
        self._home = home

    def note(self, trust: TrustChain) -> None:
        """Notes the version in force, unless the one before it was put aside."""
        latest = trust.latest
        if latest is None or trust.forked or self.turned(trust) is not None:
            return
        if self._home.newer(HELD):  # a newer Strongroom's note stays as it is
            return
        version, id_ = self._held()
        is_behind = trust.find(id_) is None and version > latest.version  # the store was put back
        if id_ != latest.id and not is_behind:
            self._save(latest)

    def turned(self, trust: TrustChain) -> TurnedTeam | None:
        """Returns the version that was in force here and is put aside, None if none is."""
        _, id_ = self._held()
        was, latest = trust.find(id_), trust.latest
        if trust.forked or was is None or latest is None or id_ not in trust.aside:
            return None
        return TurnedTeam(was=was, shared=trust.aside[id_], now=latest)

    def accept(self, trust: TrustChain) -> None:
        """Notes the version in force: somebody here knows of it, and why another was put aside."""
        if trust.latest is not None and not trust.forked:
            self._save(trust.latest)

    # ---------------------------------------------------------------- inside

    def _held(self) -> Head:
        try:
            document = self._home.held_team()
        except Untrusted:
            return 0, ""
        version, id_ = document.get("version"), document.get("id")
        if type(version) is int and isinstance(id_, str) and is_digest(id_):
            return version, id_
        return 0, ""

    def _save(self, latest: TrustDocument) -> None:
        self._home.save_held_team({"format": 1, "version": latest.version, "id": latest.id})
