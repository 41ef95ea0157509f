# SPDX-License-Identifier: Apache-2.0
"""Brings a team together: everybody makes keys in a home of their own and is admitted.

* Demo keys are protected by the passphrase alone: the visitor's keyring is left as it is.
* Everything goes through the services; nobody gets a right in any other way.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from strongroom.bootstrap import Services, open_services
from strongroom.demo.people import (
    APPROVER,
    CAST,
    DEMO_PASSPHRASE,
    FOUNDER,
    TEAM_FOUNDER,
    TEAM_NAME,
    CastMember,
    DemoPerson,
    home_of,
    write_people,
)
from strongroom.domain.access import ROLE_TITLES
from strongroom.domain.clock import Clock
from strongroom.domain.policy import DEFAULT_POLICIES, GateRule, Policy
from strongroom.services.policies import policy_text
from strongroom.trust.keychain import PassphraseKeychain

DIGITS, CANCER, WINE = "digits-classifier", "cancer-screen", "wine-origin"
"""The names of the registered models."""

_FOUR_EYES = DEFAULT_POLICIES["*"]["production"]
_GATED = Policy(
    need=_FOUR_EYES.need,
    exclude=_FOUR_EYES.exclude,
    veto=_FOUR_EYES.veto,
    gates=(
        GateRule(name="Accuracy", metric="accuracy", op=">=", value="0.92"),
        GateRule(
            name="Better than the incumbent", metric="accuracy", op=">=", value="incumbent+0.005"
        ),
        GateRule(name="Mean F1", metric="f1", op=">=", value="0.92"),
        GateRule(name="Validation loss", metric="val/loss", op="<=", value="0.5"),
    ),
)
POLICIES: Mapping[str, Mapping[str, Policy]] = {
    **DEFAULT_POLICIES,
    DIGITS: {"staging": _FOUR_EYES, "production": _GATED},
}
"""What a move needs: four eyes everywhere, and measured gates on the way to Production."""


def sign_in(store: Path, home: Path, clock: Clock) -> Services:
    """Opens a store as the person of a home of the demo, without asking anybody."""
    return open_services(
        store,
        home,
        ask=lambda _question: DEMO_PASSPHRASE,
        environ={},  # a passphrase file named by the visitor's environment is not for these keys
        clock=clock,
        keychain=PassphraseKeychain(),
    )


@contextmanager
def gathered(store: Path, clock: Clock) -> Iterator[dict[str, Services]]:
    """Founds the team, admits everybody, and yields each person's services by the key of a home."""
    with ExitStack() as stack:
        team: dict[str, Services] = {}
        for member in (TEAM_FOUNDER, *CAST):
            services = sign_in(store, home_of(store, member.key), clock)
            stack.callback(services.close)
            services.identities.create(member.name, passphrase=DEMO_PASSPHRASE)
            team[member.key] = services
        founder = team[FOUNDER]
        founder.people.create_team(TEAM_NAME)
        for member in CAST:
            enrol(founder, team[member.key], member.role)
        set_policies(founder, POLICIES)
        write_people(store, _listed(store, team))
        yield team


def enrol(founder: Services, newcomer: Services, role: str) -> None:
    """Carries a newcomer's request to the founder, and the team's id to the newcomer."""
    with tempfile.TemporaryDirectory(prefix="strongroom-demo-") as folder:
        request = Path(folder) / "newcomer.enrol.json"
        newcomer.identities.save_request(request)
        founder.people.admit(request, role)
    newcomer.people.trust(founder.people.team_id())


def set_policies(founder: Services, policies: Mapping[str, Mapping[str, Policy]]) -> None:
    """Makes policies the team's, through the file an admin would write."""
    document = {
        pattern: {stage: policy.to_json() for stage, policy in stages.items()}
        for pattern, stages in policies.items()
    }
    with tempfile.TemporaryDirectory(prefix="strongroom-demo-") as folder:
        path = Path(folder) / "policies.json"
        path.write_text(policy_text(document), "utf-8")
        founder.people.set_policy(path)


def _listed(store: Path, team: Mapping[str, Services]) -> list[DemoPerson]:
    members = {member.writer: member for member in team[FOUNDER].people.people()}

    def person(cast: CastMember) -> DemoPerson:
        card = team[cast.key].workstation.require_card()
        return DemoPerson(
            name=card.name,
            role=ROLE_TITLES[members[card.writer].role],
            home=home_of(store, cast.key),
            writer=card.writer,
            is_signed_in=cast.key == APPROVER,
        )

    return [person(cast) for cast in (*CAST, TEAM_FOUNDER)]
