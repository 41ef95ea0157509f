# SPDX-License-Identifier: Apache-2.0
"""A member who signed two histories ends nobody's evidence: the proof goes into the package."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from strongroom.exchange.dossier import doubled
from support.audit_script import load_script
from support.audit_store import MODEL, AuditStore, copy_of, evidence_of, read_tree

VERIFY = load_script()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> AuditStore:
    """The analyst has signed one number twice, on two machines, and the founder holds both."""
    folder = tmp_path_factory.mktemp("histories")
    here, there = (copy_of(tmp_path_factory, folder / name) for name in ("here", "there"))
    raws = []
    for each, text in ((here, "Good."), (there, "Bad.")):
        desk = each.analyst.workstation
        event = desk.sign("stage.comment", {"request": each.request, "text": text})
        raws.append(desk.snapshot().raw[event.id])
    here.founder.workstation.ledger().take([], raws)
    assert [a.code for a in here.founder.workstation.snapshot().alarms] == ["E-EQUIV"]
    there.close()
    return here


@pytest.fixture(scope="module")
def package(store: AuditStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("exported") / "package"
    return evidence_of(store.fresh(store.founder)).export(f"{MODEL}/1", target).path


def proof(package: Path) -> Path:
    (found,) = (package / "data/equivocation").iterdir()
    return found


def verified(package: Path, store: AuditStore) -> Any:
    return VERIFY.verify(str(package), store.team)


def test_18_a_member_who_equivocates_does_not_end_the_evidence_of_others(
    package: Path, store: AuditStore
) -> None:
    writer = store.analyst.workstation.require_card().writer
    ((whose, number, both),) = doubled(store.founder.workstation.snapshot())
    assert (whose, proof(package).name) == (writer, f"{writer}.jsonl")
    assert proof(package).read_bytes() == b"".join(raw + b"\n" for raw in both)
    log = (package / f"data/log/{writer}.jsonl").read_bytes()
    assert log.count(b"\n") == number - 1, "the log ends before the doubled number"
    result = verified(package, store)
    assert result["exit"] == 0, result["findings"]
    told = [note for note in result["notes"] if note[0] == "E-EQUIV"]
    assert len(told) == 1
    assert f"with number {number}" in told[0][2]
    assert "Keys that signed two histories" in (package / "data/report.html").read_text("utf-8")


@pytest.mark.parametrize("trick", ["one", "same", "longer", "other number", "bent"])
def test_18_a_proof_that_proves_nothing_is_refused(
    package: Path, store: AuditStore, trick: str
) -> None:
    writer = store.analyst.workstation.require_card().writer
    files = read_tree(package)
    name = f"data/equivocation/{writer}.jsonl"
    first, second = files[name].splitlines(keepends=True)
    log = files[f"data/log/{writer}.jsonl"].splitlines(keepends=True)
    files[name] = {
        "one": first,
        "same": first + first,
        "longer": first + second + first,
        "other number": first + log[-1],
        "bent": first + second.replace(b'"sig":"', b'"sig":"A', 1),
    }[trick]
    with pytest.raises(VERIFY.Bad) as refused:
        VERIFY.read_proofs(Held(files), store.team, chain_of(files, store.team))
    assert refused.value.finding[0] in {"E-EQUIV", "E-CANON", "E-SIG"}


def test_18_a_log_that_goes_on_after_its_doubled_number_is_refused(
    package: Path, store: AuditStore
) -> None:
    writer = store.analyst.workstation.require_card().writer
    files = read_tree(package)
    files[f"data/log/{writer}.jsonl"] += (
        files[f"data/equivocation/{writer}.jsonl"].split(b"\n")[0] + b"\n"
    )
    chain = chain_of(files, store.team)
    forks = VERIFY.read_proofs(Held(files), store.team, chain)
    with pytest.raises(VERIFY.Bad) as refused:
        VERIFY.read_logs(Held(files), store.team, chain, forks)
    assert refused.value.finding[0] == "E-EQUIV"


def chain_of(files: dict[str, bytes], team: str) -> Any:
    return VERIFY.read_trust(Held(files), team)


class Held:
    """The files of a package in the hand, as the script asks for them."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def under(self, folder: str) -> list[str]:
        return sorted(name for name in self.files if name.startswith(folder))

    def read(self, name: str, _limit: int) -> bytes:
        return self.files[name]

    def sha256(self, name: str) -> str:
        return hashlib.sha256(self.files[name]).hexdigest()
