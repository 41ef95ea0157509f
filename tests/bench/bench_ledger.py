"""What verifying costs: ten thousand signed events from cold files to a folded registry."""

import time
from collections.abc import Callable
from pathlib import Path

from strongroom.domain.chains import assemble
from strongroom.domain.clock import FixedClock
from strongroom.domain.projection import fold
from strongroom.store.ledger import Ledger
from strongroom.store.snapshot import Snapshot
from strongroom.store.store_folder import open_store_folder
from strongroom.trust import envelope
from strongroom.trust.keys import from_hex
from support.busy_ledger import write_ledger
from support.figures import Figure, report

EVENTS = 10_000


def test_verify_and_evaluate_ten_thousand_events(
    tmp_path: Path, sized: Callable[[int], int]
) -> None:
    store = open_store_folder(tmp_path, clock=FixedClock(), random_bytes=bytes)
    team = write_ledger(store.ledger, sized(EVENTS))
    start, start_cpu = time.perf_counter(), time.process_time()
    snapshot = Ledger(store, team.id).refresh()
    read = time.process_time()
    state = snapshot.state
    end = time.process_time()
    seconds, cpu, reading = time.perf_counter() - start, end - start_cpu, read - start_cpu
    count = len(snapshot.raw)
    assert count >= sized(EVENTS)
    assert not snapshot.alarms
    assert {request.status.value for request in state.requests.values()} == {
        "effective", "superseded",
    }  # fmt: skip
    alone = f"{_signatures_alone(snapshot):.2f} s CPU, the signatures alone"
    report(
        Figure(f"verify and evaluate {count:,} events", seconds, "s", "≤ 3 s"),
        Figure("processor time of it, on every core", cpu, "s CPU", "", alone),
        Figure("of that reading and the gate", reading, "s CPU", ""),
        Figure("of that chains and the fold", cpu - reading, "s CPU", ""),
    )
    start_cpu = time.process_time()
    fold(snapshot.trust.documents, assemble(snapshot.chains.events()))
    again = time.process_time() - start_cpu
    report(Figure("evaluate again, nothing new verified", again, "s CPU", ""))


def _signatures_alone(snapshot: Snapshot) -> float:
    latest = snapshot.latest
    prepared = []
    for here in snapshot.events.values():
        parsed = envelope.parse(here[0].raw, max_bytes=envelope.MAX_EVENT_BYTES)
        member = latest.members[here[0].event.writer]
        prepared.append(
            (from_hex(member.alg, member.pub), parsed.signatures[0].sig, parsed.signed_bytes)
        )
    start = time.process_time()
    assert all(key.verify(sig, message) for key, sig, message in prepared)
    return time.process_time() - start
