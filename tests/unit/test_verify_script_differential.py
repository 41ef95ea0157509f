# SPDX-License-Identifier: Apache-2.0
"""The auditor's script and the program fold the same events to the same registry state."""

import base64
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.chains import assemble
from strongroom.domain.event import parse_event
from strongroom.domain.projection import fold
from strongroom.domain.team import parse_trust
from support.audit_script import load_script
from support.sealed_chaos import Chaos
from support.sealed_team import sha256

verify = load_script()


def payload(envelope):
    raw = base64.b64decode(json.loads(envelope)["payload"])
    return json.loads(raw), sha256(raw)


class Logs:
    """The logs of a team as the script reads them from a package."""

    def __init__(self, team):
        self.team = team

    def under(self, folder):
        return sorted(f"{folder}{w.id}.jsonl" for w in self.team.writers.values() if w.lines)

    def read(self, name, limit):
        return b"".join(line + b"\n" for line in self.team.writers[name[9:-6]].lines)


def replayed_by_script(team):
    chain = [{**payload(x)[0]["predicate"], "id": payload(x)[1]} for x in team.documents]
    logs, findings = verify.read_logs(Logs(team), team.id, chain)
    assert findings == []
    return verify.Registry(verify.Team(chain, logs))


def folded_by_program(team):
    events = [parse_event(*payload(line)) for w in team.writers.values() for line in w.lines]
    return fold([parse_trust(*payload(x)) for x in team.documents], assemble(events))


@settings(max_examples=40, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_any_history_folds_to_the_same_state_in_the_script_and_in_the_program(seed):
    team = Chaos(seed, replayed_by_script).team
    assert replayed_by_script(team).state() == folded_by_program(team).to_json()
