# SPDX-License-Identifier: Apache-2.0
"""Two programs that share no line fold the same history: the product's and the auditor's."""

from dataclasses import replace
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from strongroom.domain.team import Settlement
from strongroom.trust.trustdoc import read_trust
from support.audit_pack import Pack
from support.audit_script import load_script
from support.histories import History
from support.team_builder import Station, a_team, sealed

VERIFY = load_script()


def auditors_state(station: Station) -> Any:
    pack = Pack(station)
    chain = VERIFY.read_trust(pack, station.team)
    logs, _ = VERIFY.read_logs(pack, station.team, chain)
    return VERIFY.Registry(VERIFY.Team(chain, logs)).state()


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 2**32))
def test_the_auditors_script_folds_any_history_to_the_same_state(seed: int):
    history = History(seed)
    history.steps(30)
    station = history.whole()
    assert auditors_state(station) == station.snapshot.state.to_json()


def test_the_auditors_script_takes_what_was_signed_under_a_side_that_was_put_aside() -> None:
    team = a_team()
    alice, mara = team.enrol("Alice", "analyst"), team.enrol("Mara", "release-approver")
    version = alice.registers("churn", 1)
    wish = alice.requests(version, "Production")
    mara.apart()
    base = team.latest
    sides = []
    for text in ("one", "two"):
        side = replace(base, version=base.version + 1, prev=base.id, limits={"side": text})
        sides.append(sealed(side, *team.admins))
    one, two = (read_trust(raw).document for raw in sides)
    mara.station.takes(trust=[sides[1]])
    mara.approves(wish)  # under the side that goes
    settles = Settlement(base=base.id, aside=(two.id,))
    end = replace(one, version=one.version + 1, prev=one.id, settles=settles)
    mara.station.takes(trust=[sides[0], sealed(end, team.root)])
    mara.says_hello()
    station = mara.station
    assert station.state().status(wish) == "effective"
    assert auditors_state(station) == station.snapshot.state.to_json()
