"""The demo, filled for real on a small scale, then judged by what lies on the disk."""

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from strongroom.demo.carriage import WINE
from strongroom.demo.people import ANALYST, APPROVER, AUDITOR, FOUNDER, home_of, people_of
from strongroom.demo.scenario import DemoReport, fill, remove
from strongroom.demo.team import CANCER, DIGITS, sign_in
from strongroom.domain.clock import SystemClock
from strongroom.domain.errors import Refused
from strongroom.domain.registry import RequestStatus
from strongroom.sdk.fluent import start_run
from support.cheap_keys import cheap_keys
from support.no_internet import isolated

SMALLEST = 0.01  # three runs of each data set


@pytest.fixture(scope="module")
def heard() -> list[tuple[int, int, str]]:
    return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory, heard) -> DemoReport:
    class Listener:
        def step(self, done, total, what=""):
            heard.append((done, total, what))

    store = tmp_path_factory.mktemp("demo") / "store"
    with cheap_keys():
        return fill(store, scale=SMALLEST, progress=Listener())


@pytest.fixture
def copy(demo, tmp_path) -> Path:
    """A copy of the store that a test may change; its remotes are those of the original."""
    return Path(shutil.copytree(demo.store, tmp_path / "store"))


@pytest.fixture
def enter():
    opened = []

    def as_person(store, key):
        opened.append(sign_in(store, home_of(store, key), SystemClock()))
        return opened[-1]

    yield as_person
    for services in opened:
        services.close()


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_real_runs_lie_on_the_disk_finished_failed_and_killed(demo, enter):
    mara = enter(demo.store, APPROVER)
    statuses = sorted(run.status.value for run in mara.runs.search(limit=100).runs)
    assert statuses == ["FAILED"] + ["FINISHED"] * 10 + ["KILLED"]
    assert demo.run_count == 12
    folders = [path.parent for path in (demo.store / "runs").glob("*/*/sealed.json")]
    assert len(folders) == 12
    assert all((folder / "metrics.parquet").is_file() for folder in folders)


def test_progress_counts_every_step_to_the_end(demo, heard):
    done, totals = [each[0] for each in heard], {each[1] for each in heard}
    assert done == list(range(len(heard)))
    assert totals == {done[-1]}
    assert all(what for _, _, what in heard)


def test_every_epoch_was_logged_and_training_made_the_loss_fall(demo, enter):
    mara = enter(demo.store, APPROVER)
    for run in mara.runs.search("status = 'FINISHED'").runs:
        epochs = int(run.params["epochs"])
        losses = mara.runs.history(run.run_id, "train/loss")
        assert list(losses.steps) == list(range(1, epochs + 1))
        assert losses.values[-1] < losses.values[0]
        assert run.metrics["accuracy"].count == epochs
        assert 0.5 < run.metrics["accuracy"].last <= 1


def test_the_failed_run_keeps_the_exception_and_the_killed_run_what_it_had_logged(demo, enter):
    mara = enter(demo.store, APPROVER)
    failed = mara.runs.search("status = 'FAILED'").runs[0]
    assert b"ValueError" in mara.artifacts.read(failed.run_id, "logs/traceback.txt")
    killed = mara.runs.search("status = 'KILLED'").runs[0]
    assert killed.metrics["val/loss"].count >= 25
    assert killed.metrics["val/loss"].count < int(killed.params["epochs"])


def test_artifacts_are_pictures_tables_notes_and_models_that_are_only_data(demo, enter):
    mara = enter(demo.store, APPROVER)
    chosen = "params.dataset = 'digits' AND params.model = 'perceptron' AND status = 'FINISHED'"
    run = mara.runs.search(chosen).runs[0]
    paths = {file.path for file in mara.artifacts.list(run.run_id)}
    assert {"pictures/confusion.png", "pictures/mistakes.png", "tables/history.csv"} <= paths
    assert {"notes.md", "model/MLmodel", "model/requirements.txt"} <= paths
    picture = mara.artifacts.read(run.run_id, "pictures/confusion.png")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    table = mara.artifacts.read(run.run_id, "tables/history.csv").decode().splitlines()
    assert len(table) == int(run.params["epochs"]) + 1
    inputs = mara.runs.show(run.run_id).inputs
    assert [each["name"] for each in inputs] == ["digits-training", "digits-validation"]
    detail = mara.registry.show(f"{DIGITS}/1")
    assert detail.inspection.format_risk == "data-only"
    assert detail.inspection.description.inputs


def test_the_kept_model_gives_the_answers_it_was_measured_with(demo, enter, tmp_path):
    import skops.io

    from strongroom.demo.datasets import load
    from strongroom.demo.training import MODEL_PATH

    mara = enter(demo.store, APPROVER)
    detail = mara.registry.show(f"{DIGITS}/2")
    mara.artifacts.get(detail.version.run, MODEL_PATH, tmp_path / "out")
    path = next((tmp_path / "out").rglob("model.skops"))
    model = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    data = load("digits")
    score = model.score(data.validation_features, data.validation_labels)
    assert score == pytest.approx(detail.metrics["accuracy"])


def test_two_models_have_two_versions_each_one_in_production_one_in_staging(demo, enter):
    mara = enter(demo.store, APPROVER)
    stages = {
        model.name: [(version.version, version.stage) for version in model.versions]
        for model in mara.registry.models()
    }
    assert stages == {
        CANCER: [(1, "None"), (2, "Staging")],
        DIGITS: [(1, "Production"), (2, "None")],
    }


def test_three_people_have_one_role_each_and_the_window_opens_as_the_approver(demo):
    people = people_of(demo.store)
    roles = {person.name: person.role for person in people}
    assert roles == {
        "Mara Lindqvist": "Release approver",
        "Jonas Feld": "Analyst",
        "Ada Brandt": "Auditor",
        "Priya Raman": "Founder",
    }
    assert [person.name for person in people if person.is_signed_in] == ["Mara Lindqvist"]
    assert people[0].is_signed_in
    for person in people:
        assert person.home.is_relative_to(demo.store / "demo")
        assert list(person.home.rglob(f"{person.writer}.json"))


def test_the_waiting_request_is_somebody_elses_and_only_the_approver_may_approve_it(copy, enter):
    jonas, mara, ada = (enter(copy, key) for key in (ANALYST, APPROVER, AUDITOR))
    (waiting,) = [item for item in mara.reviews.items() if item.waits_for_me]
    assert waiting.requester == "Jonas Feld"
    assert mara.reviews.case(waiting.request.id).may_approve
    for person, code in ((jonas, "E-SELF"), (ada, "E-CAP")):
        with pytest.raises(Refused) as refused:
            person.reviews.approve(waiting.request.id)
        assert refused.value.code == code
    mara.reviews.approve(waiting.request.id, comment="Better on every class.")
    model = ada.registry.model(DIGITS)
    assert [version.stage for version in model.versions] == ["Archived", "Production"]


def test_the_waiting_request_was_measured_at_its_gates(demo, enter):
    mara = enter(demo.store, APPROVER)
    case = mara.reviews.case(demo.waiting)
    assert case.item.request.status is RequestStatus.PENDING
    assert [gate.verdict for gate in case.gates] == ["pass"] * 4
    assert case.measured_here == case.gates
    assert case.incumbent.version.key[:2] == (DIGITS, 1)


def test_the_rejected_request_says_in_figures_why(demo, enter):
    mara = enter(demo.store, APPROVER)
    case = mara.reviews.case(demo.rejected)
    assert case.item.request.status is RequestStatus.REJECTED
    (answer,) = case.answers
    assert answer.name == "Mara Lindqvist"
    found = mara.registry.show(f"{CANCER}/1").metrics["recall"]
    assert f"{found:.1%}" in answer.comment


def test_the_stick_gives_one_good_version_and_one_that_is_refused(copy, enter):
    mara = enter(copy, APPROVER)
    (outcome,) = mara.exchange.pull("stick")
    assert [trouble.code for trouble in outcome.rejected] == ["E-HASH"]
    assert [item.code for item in mara.exchange.quarantined()] == ["E-HASH"]
    assert list((copy / "quarantine").glob("*.bin"))
    good, bad = (mara.registry.show(f"{WINE}/{number}") for number in (1, 2))
    assert good.is_content_here
    assert not bad.is_content_here
    assert good.registrar == "Noor Haddad"
    jonas = enter(copy, ANALYST)
    jonas.reviews.request(f"{WINE}/1", "Staging", reason="Good on the holdout.")
    with pytest.raises(Refused) as refused:
        jonas.reviews.request(f"{WINE}/2", "Staging", reason="Good on the holdout.")
    assert refused.value.code == "E-MISSING"


def test_the_share_holds_what_the_store_knows(demo, enter):
    mara = enter(demo.store, APPROVER)
    status = mara.exchange.status("share")
    assert status.is_reachable
    assert status.only_here.is_empty
    assert status.only_there.is_empty


def test_the_audit_package_holds_before_its_own_script_and_one_flipped_byte_does_not(
    demo, enter, tmp_path
):
    team = enter(demo.store, AUDITOR).people.team_id()
    script = next(demo.audit.rglob("verify.py"))

    def check(package: Path) -> subprocess.CompletedProcess[str]:
        command = isolated(str(script), str(package), "--team", team)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    told = check(demo.audit)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Mara Lindqvist" in told.stdout
    copy = Path(shutil.copytree(demo.audit, tmp_path / "package"))
    victim = next(copy.rglob("model.skops"), None) or max(
        copy.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0
    )
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    assert check(copy).returncode == 1


def test_everything_in_the_store_verifies(demo, enter):
    found = enter(demo.store, APPROVER).integrity.verify()
    assert found.is_ok, found.findings
    assert found.runs == 12


def test_a_repeat_changes_nothing_and_takes_no_time(demo):
    before = _files(demo.store)
    started = time.thread_time()
    again = fill(demo.store)
    assert time.thread_time() - started < 1
    assert not again.is_new
    assert again.waiting == demo.waiting
    assert _files(demo.store) == before


def test_a_repeat_does_not_load_what_only_the_filling_needs(demo):
    code = (
        "import sys; from pathlib import Path; from strongroom.demo.scenario import fill;"
        f"fill(Path({str(demo.store)!r}));"
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'sqlalchemy', 'pyarrow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_founder_can_admit_somebody_and_the_auditor_cannot(copy, enter, tmp_path):
    newcomer = sign_in(tmp_path / "elsewhere", tmp_path / "home", SystemClock())
    newcomer.identities.create("Bea Novak", passphrase="another long passphrase")
    request = tmp_path / "bea.enrol.json"
    newcomer.identities.save_request(request, ask=lambda _: "another long passphrase")
    newcomer.close()
    with pytest.raises(Refused) as refused:
        enter(copy, AUDITOR).people.admit(request, "analyst")
    assert refused.value.code == "E-CAP"
    admitted = enter(copy, FOUNDER).people.admit(request, "analyst")
    assert admitted.role == "analyst"


def test_remove_takes_the_demo_away_with_its_folder(copy):
    assert remove(copy)
    assert not copy.exists()
    assert not remove(copy)


def test_remove_keeps_the_demo_while_it_holds_runs_of_a_visitor(copy):
    with start_run("mine", name="my-run", store=copy) as run:
        run.log_metric("loss", 1.0)
    before = _files(copy)
    with pytest.raises(Refused) as refused:
        remove(copy)
    assert refused.value.code == "E-DEMO"
    assert run.run_id[:8] in refused.value.title
    assert _files(copy) == before


def test_remove_leaves_files_that_are_not_of_a_store(copy):
    (copy / "thesis.txt").write_text("three years of work")
    assert remove(copy)
    assert [path.name for path in copy.iterdir()] == ["thesis.txt"]
