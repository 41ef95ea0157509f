# SPDX-License-Identifier: Apache-2.0
"""Audit packages as an auditor meets them: with the package's own script, and with other tools."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest

from strongroom.domain.errors import BadInput, EnvironmentFault, Refused, Untrusted
from strongroom.exchange.dossier import Dossier
from strongroom.services.evidence import Package
from strongroom.services.exchange import Exchange
from strongroom.services.model_signing import check_model
from strongroom.services.witness import Witness
from strongroom.trust.keychain import MemoryKeychain
from support.audit_script import run_script
from support.audit_store import MODEL, AuditStore, copy_of, evidence_of, read_tree
from support.no_internet import SEALED
from support.review_store import PASSPHRASE, open_desk, train

TAG = "tagmanifest-sha256.txt"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditStore, Package]:
    """A store and the package of version 1, which is in Production; read only."""
    folder = tmp_path_factory.mktemp("shared")
    store = copy_of(tmp_path_factory, folder / "people")
    return store, store.evidence.export(f"{MODEL}/1", folder / "package")


@pytest.fixture
def store(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AuditStore:
    return copy_of(tmp_path_factory, tmp_path / "people")


def shell(command: str, folder: Path) -> str:
    """Runs a command as an auditor does; returns what it printed, fails if the command fails."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-ec", command],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# ---------------------------------------------------------------- what the auditor gets


@pytest.mark.parametrize("more", [[], ["--all"]])
def test_the_script_in_the_package_names_approver_and_policy(shared, more):
    _, package = shared
    script = package.path / "data" / "verify.py"
    code, said = run_script("--team", package.team, *more, script=script)
    assert code == 0, said
    report = json.loads((package.path / "data/report.json").read_bytes())
    policy = report["policy"]
    assert f"Production of {MODEL} is version 1" in said
    assert f"approved by Mara Lindqvist under policy {policy[:4]} {policy[4:8]}" in said
    assert "requested by Jonas Feld" in said
    assert "signed by Aiko Tanabe" in said
    assert said.startswith(package.sentence if not more else package.sentence[:60])


def test_the_package_holds_what_witnesses_cosigned_and_the_script_names_them(
    store: AuditStore, tmp_path: Path
) -> None:
    """The analyst pushed and vouched for his log; the founder, a witness, cosigned it."""
    (tmp_path / "share").mkdir()
    for desk in (store.analyst, store.founder):
        exchange = Exchange(desk.workstation)
        exchange.add("share", tmp_path / "share")
        desk.workstation.keys()
        exchange.push("share")
    Witness(store.founder.workstation).sign()
    package = store.evidence.export(f"{MODEL}/1", tmp_path / "package")
    writer = store.analyst.workstation.require_card().writer
    note = (package.path / f"data/checkpoints/{writer}.note").read_text()
    assert note.count("— strongroom/") == 2
    code, said = run_script("--team", package.team, package.path)
    assert code == 0, said
    assert "Aiko Tanabe cosigned 1 of 3 logs." in said


def test_coreutils_and_openssl_agree(shared):
    _, package = shared
    shell(f"sha256sum -c --strict --quiet {TAG}", package.path)
    shell("sha256sum -c --strict --quiet manifest-sha256.txt", package.path)
    writer = json.loads((package.path / f"{TAG}.dsse.json").read_bytes())["signatures"][0]["keyid"]
    said = shell(
        f"openssl dgst -sha256 -verify data/keys/{writer}.p256.pem -signature {TAG}.p256.sig {TAG}",
        package.path,
    )
    assert "Verified OK" in said


def test_the_bagit_library_accepts_the_package(shared):
    _, package = shared
    bag = bagit.Bag(str(package.path))
    assert bag.validate()
    assert bag.version_info == (1, 0)


def test_every_command_of_the_instructions_works_as_it_stands(shared):
    _, package = shared
    text = (package.path / "data/VERIFY.txt").read_text()
    assert "$TEAM" not in text
    before = read_tree(package.path)
    whole = text[text.index("1. WITH PYTHON") : text.index("WHAT THIS PROVES")]
    commands = [line[4:] for line in whole.splitlines() if line.startswith("    ")]
    prose = ("every signature, not only those that matter", "must print nothing")
    for words in prose:
        commands = [line.replace(words, "").rstrip() for line in commands]
    others = [line for line in commands if line.startswith("model_signing ")]
    commands = [line for line in commands if line not in others]
    assert len(others) == 1, "the test below runs it where that program is installed"
    tree_command = commands.pop()
    said = shell("\n".join(commands), package.path)
    assert said.count("Holds: ") == 2
    assert "Verified OK" in said
    assert f"{package.team}  -" in said
    assert "Signature Verified Successfully" in said
    assert '"type":"stage.approve"' in said
    report = json.loads((package.path / "data/report.json").read_bytes())
    assert shell(tree_command, package.path / "data/model").split()[0] == report["tree"]
    assert read_tree(package.path) == before


def test_the_signature_of_the_model_is_of_the_form_that_openssf_reads(shared):
    _, package = shared
    data = package.path / "data"
    (key,) = [p for p in (data / "keys").glob("*.p256.pem") if p.stem[:64] == _exporter(data)]
    check = check_model(data / "model", data / "model.sig", key)
    assert check.is_ok
    assert check.file_count >= 1
    other = next(p for p in (data / "keys").glob("*.p256.pem") if p != key)
    with pytest.raises(Untrusted):
        check_model(data / "model", data / "model.sig", other)


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("model_signing", path=str(Path(sys.executable).parent)) is None,
    reason="needs OpenSSF's program: pip install 'model-signing==1.1.1' pyOpenSSL",
)
def test_the_command_for_model_signing_works_as_it_stands(shared):
    _, package = shared
    text = (package.path / "data/VERIFY.txt").read_text()
    (command,) = [line[4:] for line in text.splitlines() if line.startswith("    model_signing ")]
    folder = Path(sys.executable).parent
    shell(f"PYTHONPATH={SEALED} {folder}/{command}", package.path)


def _exporter(data: Path) -> str:
    sealed = json.loads((data.parent / "tagmanifest-sha256.txt.dsse.json").read_bytes())
    return str(sealed["signatures"][0]["keyid"])


def test_the_digest_of_the_script_is_the_one_that_is_told(shared):
    _, package = shared
    shipped = (package.path / "data/verify.py").read_bytes()
    assert hashlib.sha256(shipped).hexdigest() == package.verify_sha256
    assert package.verify_sha256 in (package.path / "data/VERIFY.txt").read_text()


def test_the_package_holds_model_run_logs_trust_and_keys(shared):
    store, package = shared
    names = set(read_tree(package.path / "data"))
    assert {"model/MLmodel", "model/data/weights.bin", "report.html", "events.csv"} <= names
    run = next(name for name in names if name.endswith("/sealed.json"))
    assert {f"{run[:-11]}run.json", f"{run[:-11]}metrics.parquet"} <= names
    document = store.founder.people.team()
    assert {
        f"keys/{w}.{kind}.pem" for w in document.members for kind in ("ed25519", "p256")
    } <= names
    assert {f"log/{w}.jsonl" for w in document.members} <= names
    assert sum(name.startswith("trust/") for name in names) == document.version


def test_two_exports_of_the_same_evidence_are_the_same_bytes(tmp_path, tmp_path_factory):
    packages = [
        copy_of(tmp_path_factory, tmp_path / name).evidence.export(f"{MODEL}/1", tmp_path / out)
        for name, out in (("one", "first"), ("two", "second elsewhere"))
    ]
    first, second = (read_tree(package.path) for package in packages)
    assert first == second
    assert packages[0].tagmanifest == packages[1].tagmanifest


# ---------------------------------------------------------------- what is said of the version


def test_the_export_itself_is_a_signed_event_that_the_next_package_shows(store, tmp_path):
    first = store.evidence.export(f"{MODEL}/1", tmp_path / "first")
    last = max(store.founder.workstation.snapshot().chains.events(), key=lambda e: e.time)
    assert last.type == "export.audit"
    assert last.body["tagmanifest"] == hashlib.sha256((first.path / TAG).read_bytes()).hexdigest()
    assert last.id not in store.founder.workstation.snapshot().state.refusals
    second = store.evidence.export(f"{MODEL}/1", tmp_path / "second")
    assert store.evidence.verify(second.path, store.team, everything=True).is_ok
    assert first.tagmanifest != second.tagmanifest


def test_a_version_that_nobody_approved_says_so_plainly(store, tmp_path):
    run = train(store.store, "shy-crane-77", {"val/auc": 0.5}, {"seed": 1})
    store.analyst.registering.register(run, "model", MODEL)
    package = store.evidence.export(f"{MODEL}/3", tmp_path / "package")
    assert "is in no stage" in package.sentence
    assert "approved" not in package.sentence
    assert package.decision == "Nobody has approved this version. It is in no stage."
    page = (package.path / "data/report.html").read_text()
    assert "Nobody has approved this version. It is in no stage." in page
    assert "no approval counts" in page
    report = json.loads((package.path / "data/report.json").read_bytes())
    assert (report["approvals"], report["request"], report["policy"]) == ([], "", "")
    assert "the registration in line" in (package.path / "data/VERIFY.txt").read_text()


def test_a_move_that_needed_no_approval_is_not_called_approved(store, tmp_path):
    store.analyst.reviews.request(f"{MODEL}/2", "Archived", reason="Not good enough.")
    package = store.evidence.export(f"{MODEL}/2", tmp_path / "package")
    assert "which needed no approval" in package.sentence
    page = (package.path / "data/report.html").read_text()
    assert "In Archived, which needed no approval, requested by Jonas Feld." in page


def test_an_emergency_is_told_as_one(store, tmp_path):
    from strongroom.domain.requests import emergency_body

    store.approver.reviews.approve(store.request, comment="Good.")
    at = store.approver.workstation
    snapshot = at.snapshot()
    (first,) = [v for v in snapshot.state.models[MODEL].versions if v.version == 1]
    at.sign(
        "stage.emergency",
        emergency_body(
            snapshot.state, snapshot.latest, first.key, "Production", reason="v2 blocks all"
        ),
    )
    package = store.evidence.export(f"{MODEL}/1", tmp_path / "package")
    assert f"Production of {MODEL} is version 1" in package.sentence
    assert "(emergency)" in package.sentence
    page = (package.path / "data/report.html").read_text()
    assert "In Production by an emergency move of Mara Lindqvist" in page


def test_an_approval_taken_back_by_a_rejection_is_not_listed(store, tmp_path):
    from strongroom.domain.requests import approval_body

    policies = store.founder.people.policy()
    policies["*"]["staging"]["veto"] = False
    (tmp_path / "policy.json").write_text(json.dumps(policies))
    store.founder.people.set_policy(tmp_path / "policy.json")
    run = train(store.store, "shy-crane-78", {"val/auc": 0.9}, {"seed": 1})
    store.analyst.registering.register(run, "model", MODEL)
    wish = store.analyst.reviews.request(f"{MODEL}/3", "Staging", reason="try")
    mara = store.approver.workstation
    answers = [
        approval_body(wish, comment="no", kind="stage.reject"),
        approval_body(wish, comment="yes", statement="s"),
    ]
    for kind, body in zip(("stage.reject", "stage.approve"), answers, strict=True):
        mara.sign(kind, body)
    store.founder.workstation.sign(
        "stage.approve", approval_body(wish, comment="fine", statement="s")
    )
    package = store.evidence.export(f"{MODEL}/3", tmp_path / "package")
    report = json.loads((package.path / "data/report.json").read_bytes())
    assert report["stage"] == "Staging"
    assert [vote["name"] for vote in report["approvals"]] == ["Aiko Tanabe"]


def test_an_auditor_on_another_workstation_exports_what_was_pulled(store, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    ada = open_desk(
        tmp_path / "other store", tmp_path / "other home", "Ada Auditor",
        clock=store.clock, keychain=MemoryKeychain(),
    )  # fmt: skip
    ada.identities.create(ada.name, passphrase=PASSPHRASE)
    ada.identities.save_request(tmp_path / "ada.request")
    store.founder.people.admit(tmp_path / "ada.request", "auditor")
    ours, theirs = Exchange(store.founder.workstation), Exchange(ada.workstation)
    ours.add("share", share)
    ours.push("share")
    ada.people.trust(store.team)
    theirs.add("share", share)
    theirs.pull("share")
    package = evidence_of(ada).export(f"{MODEL}/1", tmp_path / "package")
    assert "approved by Mara Lindqvist" in package.sentence
    assert "signed by Ada Auditor" in package.sentence
    code, said = run_script(package.path, "--team", store.team, "--all")
    assert code == 0, said
    assert list((package.path / "data/runs").glob("*/metrics.parquet"))


def test_a_package_that_would_not_hold_is_never_handed_out(store, tmp_path, monkeypatch):
    honest = Dossier.report

    def boastful(dossier):
        return {**honest(dossier), "stage": "Archived"}

    monkeypatch.setattr(Dossier, "report", boastful)
    count = store.founder.event_count()
    for is_zip in (False, True):
        with pytest.raises(Untrusted) as caught:
            store.evidence.export(f"{MODEL}/1", tmp_path / "package", is_zip=is_zip)
        assert caught.value.code == "E-BIND"
    assert {path.name for path in tmp_path.iterdir()} == {"people"}
    assert store.founder.event_count() == count


def test_a_package_that_cannot_be_signed_for_does_not_stay(store, tmp_path):
    segments = store.store / "ledger" / "log"
    evidence = store.evidence
    store.founder.workstation.keys()

    class Blocks:
        """Makes the ledger unwritable once the package is nearly there."""

        def step(self, done, total, what=""):
            if done == total:
                shutil.move(segments, store.folder / "log")
                segments.write_text("a file where the log belongs")

    with pytest.raises((EnvironmentFault, Untrusted, OSError)):
        evidence.export(f"{MODEL}/1", tmp_path / "package", progress=Blocks())
    assert {path.name for path in tmp_path.iterdir()} == {"people"}


def test_a_package_is_on_record_before_it_has_its_name(store, tmp_path, monkeypatch):
    def torn(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("strongroom.exchange.bag._give_name", torn)
    count = store.founder.event_count()
    with pytest.raises(KeyboardInterrupt):
        store.evidence.export(f"{MODEL}/1", tmp_path / "package")
    assert store.founder.event_count() == count + 1
    assert {path.name for path in tmp_path.iterdir()} == {"people"}


# ---------------------------------------------------------------- refusals leave nothing


def test_without_the_right_nothing_is_written(store, tmp_path):
    for desk in (store.analyst, store.approver):
        count = desk.event_count()
        with pytest.raises(Refused) as caught:
            evidence_of(desk).export(f"{MODEL}/1", tmp_path / "package")
        assert caught.value.code == "E-CAP"
        assert desk.event_count() == count
    assert {path.name for path in tmp_path.iterdir()} == {"people"}


def test_a_right_that_was_cut_is_gone(store, tmp_path):
    store.founder.people.grant("Jonas Feld", "auditor", scope=f"model:{MODEL}")
    evidence_of(store.analyst).export(f"{MODEL}/1", tmp_path / "allowed")
    store.founder.people.revoke("Jonas Feld")
    with pytest.raises(Refused) as caught:
        evidence_of(store.analyst).export(f"{MODEL}/1", tmp_path / "later")
    assert caught.value.code == "E-CUT"
    assert not (tmp_path / "later").exists()


def test_a_folder_that_is_not_empty_is_left_alone(store, tmp_path):
    target = tmp_path / "package"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    with pytest.raises(BadInput) as caught:
        store.evidence.export(f"{MODEL}/1", target)
    assert caught.value.exit_code == 2
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


def test_an_empty_folder_becomes_the_package(store, tmp_path):
    (tmp_path / "package").mkdir()
    package = store.evidence.export(f"{MODEL}/1", tmp_path / "package")
    assert (package.path / "bagit.txt").is_file()


@pytest.mark.parametrize("kind", ["link", "file", "nowhere"])
def test_a_target_that_is_no_free_place_is_refused(store, tmp_path, kind):
    target = tmp_path / "package"
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        target.symlink_to(tmp_path / "elsewhere")
    elif kind == "file":
        target.write_text("mine")
    else:
        target = tmp_path / "missing" / "package"
    with pytest.raises(BadInput) as caught:
        store.evidence.export(f"{MODEL}/1", target)
    assert caught.value.code == "E-PATH"


def test_a_cancelled_export_leaves_nothing_and_signs_nothing(store, tmp_path):
    class Impatient:
        def step(self, done, total, what=""):
            if done > total // 2:
                raise KeyboardInterrupt

    count = store.founder.event_count()
    for is_zip in (False, True):
        with pytest.raises(KeyboardInterrupt):
            store.evidence.export(
                f"{MODEL}/1", tmp_path / "package", is_zip=is_zip, progress=Impatient()
            )
    assert {path.name for path in tmp_path.iterdir()} == {"people"}
    assert store.founder.event_count() == count


@pytest.mark.parametrize("is_zip", [False, True])
def test_a_disk_that_fills_up_leaves_nothing(store, tmp_path, is_zip):
    from support.shares import small_disk

    class Neighbour:
        def step(self, done, total, what=""):
            (disk / "other").write_bytes(b"y" * (400 * 1024))

    with small_disk(tmp_path / "disk", 512 * 1024) as disk:
        with pytest.raises(EnvironmentFault) as caught:
            store.evidence.export(
                f"{MODEL}/1", disk / "package", is_zip=is_zip, progress=Neighbour()
            )
        assert caught.value.code == "E-FULL"
        assert [path.name for path in disk.iterdir()] == ["other"]


def test_a_model_whose_bytes_changed_is_not_exported(store, tmp_path):
    folder = store.store / "runs"
    (pack,) = [p for p in folder.rglob("*.pack") if b"brave-otter" in p.read_bytes()]
    data = bytearray(pack.read_bytes())
    data[-20] ^= 1
    pack.write_bytes(data)
    with pytest.raises(Untrusted):
        store.evidence.export(f"{MODEL}/1", tmp_path / "package")
    assert {path.name for path in tmp_path.iterdir()} == {"people"}


def test_a_manifest_that_is_not_here_is_said(store, tmp_path):
    (version,) = [v for v in store.founder.registry.model(MODEL).versions if v.version == 1]
    digest = version.manifest
    (store.store / "ledger" / "man" / digest[:2] / f"{digest}.json").unlink()
    with pytest.raises(Untrusted) as caught:
        store.evidence.export(f"{MODEL}/1", tmp_path / "package")
    assert caught.value.code == "E-MISSING"


def test_a_withheld_event_refuses_the_export(store, tmp_path):
    card = store.analyst.workstation.require_card()
    folder = store.store / "ledger" / "log" / card.writer[:2] / card.writer
    segments = sorted(folder.glob("*.seg"))
    segments[3].unlink()
    with pytest.raises(Untrusted) as caught:
        evidence_of(store.fresh(store.founder)).export(f"{MODEL}/1", tmp_path / "package")
    assert caught.value.code in {"E-GAP", "E-WITHHELD"}
    assert "not whole" in caught.value.title


# ---------------------------------------------------------------- ZIP


def test_a_zip_is_stored_sorted_undated_and_holds(store, tmp_path, tmp_path_factory):
    package = store.evidence.export(f"{MODEL}/1", tmp_path / "package", is_zip=True)
    assert package.path == tmp_path / "package.zip"
    other = copy_of(tmp_path_factory, tmp_path / "again").evidence
    again = other.export(f"{MODEL}/1", tmp_path / "b.zip", is_zip=True)
    assert package.path.read_bytes() == again.path.read_bytes()
    with zipfile.ZipFile(package.path) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
    assert [e.filename for e in entries] == sorted(e.filename for e in entries)
    assert {e.filename.split("/")[0] for e in entries} == {f"audit-{MODEL}-v1"}
    assert {(e.compress_type, e.date_time) for e in entries} == {(0, (1980, 1, 1, 0, 0, 0))}
    code, said = run_script(package.path, "--team", store.team, "--all")
    assert code == 0, said
    shell(
        "unzip -q package.zip" if _has("unzip") else "python3 -m zipfile -e package.zip .", tmp_path
    )
    bag = tmp_path / f"audit-{MODEL}-v1"
    shell("sha256sum -c --strict --quiet manifest-sha256.txt", bag)
    assert store.evidence.verify(bag, store.team).is_ok


def test_a_zip_never_replaces_a_file(store, tmp_path):
    (tmp_path / "package.zip").write_text("mine")
    with pytest.raises(BadInput):
        store.evidence.export(f"{MODEL}/1", tmp_path / "package.zip", is_zip=True)
    assert (tmp_path / "package.zip").read_text() == "mine"


def _has(program: str) -> bool:
    return any((Path(f) / program).exists() for f in os.environ["PATH"].split(":"))
