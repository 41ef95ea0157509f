# SPDX-License-Identifier: Apache-2.0
"""The ledger as files: what is committed, what survives, and what two programs do to each other."""

import os
import random
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from strongroom.domain.errors import Refused, Untrusted
from support.histories import History
from support.ledgers import a_ledger, appended, files_of, opened
from support.no_internet import GUARDED_TESTS
from support.team_builder import Station, Team, Writer, a_team, sealed

TESTS = Path(__file__).parents[1]


@pytest.fixture
def team() -> Team:
    return a_team()


@pytest.fixture
def alice(team: Team) -> Writer:
    return team.enrol("Alice", "analyst")


def every_file(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_an_own_event_is_one_file_and_survives_a_restart(tmp_path: Path, team: Team, alice: Writer):
    ledger = a_ledger(tmp_path, team)
    first, second = appended(ledger, alice), appended(ledger, alice)
    assert [file.name[:21] for file in files_of(ledger, alice)] == [
        "0000000001-0000000001", "0000000002-0000000002"]  # fmt: skip
    again = opened(tmp_path, team).refresh()
    assert again.chains.by_writer[alice.id] == (first, second)
    assert again.problems == ()


def test_a_stranger_signs_nothing(tmp_path: Path, team: Team):
    ledger = a_ledger(tmp_path, team)
    eve = Writer(team, "Eve", "")
    with pytest.raises(Refused, match="E-CAP"):
        appended(ledger, eve)
    assert files_of(ledger, eve) == []


def test_a_ledger_without_trust_documents_signs_nothing(tmp_path: Path, team: Team, alice: Writer):
    with pytest.raises(Refused, match="E-TEAM"):
        appended(opened(tmp_path, team), alice)


APPENDING = """
import sys
from pathlib import Path
from support.ledgers import appended, opened
from support.team_builder import a_team
team = a_team()
alice = team.enrol("Alice", "analyst")
ledger = opened(Path(sys.argv[1]), team)
for _ in range(int(sys.argv[2])):
    appended(ledger, alice)
"""


@pytest.mark.parametrize("count", [60, pytest.param(400, id="many", marks=pytest.mark.slow)])
def test_11_two_programs_with_one_key_never_sign_one_number_twice(
    tmp_path: Path, team: Team, alice: Writer, count: int
):
    a_ledger(tmp_path, team)
    command = [sys.executable, "-c", APPENDING, str(tmp_path), str(count)]
    environ = {**os.environ, "PYTHONPATH": GUARDED_TESTS}
    programs = [subprocess.Popen(command, cwd=TESTS, env=environ) for _ in range(2)]
    assert [program.wait(timeout=120) for program in programs] == [0, 0]
    snapshot = opened(tmp_path, team).refresh()
    assert snapshot.chains.alarms == ()
    assert len(snapshot.chains.by_writer[alice.id]) == 2 * count


def test_threads_of_one_program_never_sign_one_number_twice(
    tmp_path: Path, team: Team, alice: Writer
):
    ledger = a_ledger(tmp_path, team)

    def work() -> None:
        for _ in range(15):
            appended(ledger, alice)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.refresh().chains.by_writer[alice.id]) == 60


def test_arrivals_in_any_order_end_in_the_same_files_state(tmp_path: Path):
    history = History(11)
    history.steps(30)
    whole = history.whole()
    digests = set()
    for number in range(3):
        order = random.Random(number)
        envelopes = whole.everything()
        order.shuffle(envelopes)
        ledger = opened(tmp_path / str(number), history.team)
        half = len(envelopes) // 2
        ledger.take([], envelopes[:half])
        ledger.take(whole.trust, envelopes[half:])
        intake = ledger.take(whole.trust[::-1], envelopes)
        assert (intake.waiting, intake.rejected) == ((), ())
        digests.add(ledger.snapshot.state.digest)
        digests.add(opened(tmp_path / str(number), history.team).refresh().state.digest)
    assert digests == {whole.state().digest}


def test_a_dry_run_says_everything_and_writes_nothing(tmp_path: Path, team: Team, alice: Writer):
    alice.says_hello()
    ledger = opened(tmp_path, team)
    before = every_file(tmp_path / "ledger")
    intake = ledger.take(team.documents, team.station.everything(), is_dry=True)
    assert intake.trust == (1, 2)
    assert [event.writer for event in intake.events] == [alice.id]
    assert every_file(tmp_path / "ledger") == before
    assert ledger.refresh().trust.versions == ()


def test_taking_twice_is_taking_once(tmp_path: Path, team: Team, alice: Writer):
    alice.says_hello()
    ledger = opened(tmp_path, team)
    ledger.take(team.documents, team.station.everything())
    before = every_file(tmp_path / "ledger")
    intake = ledger.take(team.documents, team.station.everything())
    assert (intake.trust, intake.events, intake.same) == ((), (), 1)
    assert every_file(tmp_path / "ledger") == before


def test_a_refused_envelope_is_named_and_the_rest_is_taken_in(
    tmp_path: Path, team: Team, alice: Writer
):
    alice.says_hello()
    bad = alice.drafts("writer.hello", {"host": "x", "app": "x"}, team="0" * 64)
    ledger = opened(tmp_path, team)
    intake = ledger.take(team.documents, [bad, *team.station.everything()])
    assert [(raw, error.code) for raw, error in intake.rejected] == [(bad, "E-TEAM")]
    assert len(intake.events) == 1


def test_documents_of_another_team_are_refused(tmp_path: Path, team: Team):
    intake = opened(tmp_path, team).take(a_team("Other").documents, [])
    assert [error.code for _, error in intake.rejected] == ["E-TEAM"]
    with pytest.raises(Untrusted, match="E-TEAM"):
        opened(tmp_path, team).add_trust(a_team("Other").documents[0])


def test_a_damaged_segment_is_a_problem_and_its_events_are_missing(
    tmp_path: Path, team: Team, alice: Writer
):
    ledger = a_ledger(tmp_path, team)
    for _ in range(3):
        appended(ledger, alice)
    path = files_of(ledger, alice)[1]
    good = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(good[:-9] + b"X" + good[-8:])
    damaged = opened(tmp_path, team)
    snapshot = damaged.refresh()
    assert [problem.code for problem in snapshot.problems] == ["E-HASH"]
    assert len(snapshot.chains.by_writer[alice.id]) == 1
    assert [waiting.code for waiting in snapshot.waiting] == ["E-GAP"]
    with pytest.raises(Untrusted, match="E-GAP"):
        appended(damaged, alice)
    path.write_bytes(good)
    snapshot = damaged.refresh()
    assert snapshot.problems == ()
    assert len(snapshot.chains.by_writer[alice.id]) == 3


def test_a_damaged_last_segment_keeps_its_number_taken(tmp_path: Path, team: Team, alice: Writer):
    ledger = a_ledger(tmp_path, team)
    appended(ledger, alice)
    path = files_of(ledger, alice)[0]
    path.chmod(0o600)
    path.write_bytes(b"junk\n")
    damaged = opened(tmp_path, team)
    assert [problem.code for problem in damaged.refresh().problems] == ["E-HASH"]
    with pytest.raises(Untrusted, match="E-GAP"):
        appended(damaged, alice)


def test_what_waits_in_the_files_is_taken_in_when_its_trust_document_comes(
    tmp_path: Path, team: Team, alice: Writer
):
    event = alice.says_hello()
    ledger = opened(tmp_path, team)
    ledger.files.put_segment(alice.id, 1, team.station.everything())
    assert [w.code for w in ledger.refresh().waiting] == ["E-TRUST-GAP"]
    for raw in team.documents:
        ledger.add_trust(raw)
    assert ledger.snapshot.chains.by_writer[alice.id] == (event,)


def test_both_sides_of_a_fork_are_kept_whichever_came_first(
    tmp_path: Path, team: Team, alice: Writer
):
    one = sealed(replace(team.draft(), limits={"a": 1}), *team.admins)
    two = sealed(replace(team.draft(), limits={"a": 2}), *team.admins)
    reached = []
    for name, order in (("a", [one, two]), ("b", [two, one])):
        ledger = a_ledger(tmp_path / name, team)
        for raw in order:
            intake = ledger.take([raw], [])
        assert [error.code for _, error in intake.rejected] == ["E-TRUST-FORK"]
        for snapshot in (ledger.snapshot, opened(tmp_path / name, team).refresh()):
            reached.append(len(snapshot.trust.versions))
            assert [alarm.code for alarm in snapshot.trust.alarms] == ["E-TRUST-FORK"]
    assert reached == [len(team.documents)] * 4


def test_after_a_fork_nobody_signs_a_number_twice(tmp_path: Path, team: Team, alice: Writer):
    ledger = a_ledger(tmp_path, team)
    one = sealed(replace(team.draft(), limits={"a": 1}), *team.admins)
    two = sealed(replace(team.draft(), limits={"a": 2}), *team.admins)
    ledger.add_trust(one)
    appended(ledger, alice)
    ledger.take([two], [])
    assert [waiting.code for waiting in ledger.snapshot.waiting] == ["E-TRUST-GAP"]
    with pytest.raises(Untrusted, match="E-TRUST-FORK"):
        appended(ledger, alice)


def test_equivocation_is_kept_on_the_disk_as_its_proof(tmp_path: Path, team: Team):
    eve = team.enrol("Eve", "analyst")
    branches = [eve.drafts("writer.hello", {"host": side, "app": "x"}) for side in ("l", "r")]
    ledger = a_ledger(tmp_path, team)
    ledger.take([], branches[:1])
    ledger.take([], branches[1:])
    snapshot = opened(tmp_path, team).refresh()
    assert [alarm.code for alarm in snapshot.chains.alarms] == ["E-EQUIV"]
    assert set(snapshot.raw.values()) == set(branches)
    assert snapshot.chains.by_writer[eve.id] == ()


def test_13_an_old_state_copied_over_a_share_regresses_nothing(
    tmp_path: Path, team: Team, alice: Writer
):
    mara = team.enrol("Mara", "release-approver")
    v1 = alice.registers("churn", 1)
    old = Station(team.id)
    old.takes_all_of(team.station)
    mara.approves(alice.requests(v1, "Production"))
    ledger = a_ledger(tmp_path, team)
    ledger.take(team.documents, team.station.everything())
    before = ledger.snapshot.state.digest
    ledger.take(old.trust, old.everything())
    assert ledger.snapshot.state.digest == before
