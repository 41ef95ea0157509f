# SPDX-License-Identifier: Apache-2.0
"""What a run keeps by itself, seen from a real program in a real repository."""

import json
import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

import strongroom as sr
from strongroom.domain.errors import BadInput
from strongroom.journal.content import JournalContent
from strongroom.journal.reader import read_run
from strongroom.sdk import masking, packages, work_tree
from strongroom.sdk.capturing import Capture, choose
from strongroom.sdk.gauges import Gauges, GpuGauge, process_tree
from strongroom.sdk.machine import graphics_cards
from support.journals import only_run, trained
from support.no_internet import GUARDED

SCRIPT = """import sys
import strongroom as sr
with sr.start_run("churn"):
    pass
"""
TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3
GIT = ("-c", "user.name=a", "-c", "user.email=a@b")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit: a script and a module."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "train.py").write_text(SCRIPT)
    (folder / "model.py").write_text("depth = 3\n")
    git(folder, "add", ".")
    git(folder, *GIT, "commit", "-q", "-m", "first")
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def ran(project: Path, *arguments: str, **environ: str) -> tuple[Path, JournalContent]:
    """Starts the project's script as a person does; returns its run's folder and content."""
    store = project.parent / f"store-{time.time_ns()}"
    plain = {name: each for name, each in os.environ.items() if name != "STRONGROOM_CAPTURE"}
    subprocess.run(
        [sys.executable, str(project / "train.py"), *arguments],
        env={**plain, "PYTHONPATH": GUARDED, "STRONGROOM_STORE": str(store), **environ},
        cwd=project,
        check=True,
    )
    folder = only_run(store)
    return folder, read_run(folder)


def kept(folder: Path, content: JournalContent) -> dict[str, str]:
    """Returns the texts below ``captured/``."""
    found = {}
    for each in content.artifacts:
        with (folder / each.container).open("rb") as stream:
            stream.seek(each.offset)
            found[each.path] = stream.read(each.size_bytes).decode()
    return {path.removeprefix("captured/"): text for path, text in found.items()}


def test_a_clean_work_tree_keeps_script_and_packages_and_no_difference(project: Path) -> None:
    files = kept(*ran(project))
    assert sorted(files) == ["requirements.txt", "train.py"]
    assert files["train.py"] == SCRIPT


def test_what_is_not_committed_is_kept_and_applies_again(project: Path, tmp_path: Path) -> None:
    (project / "model.py").write_text("depth = 4\nwidth = 9\n")
    (project / "näw.py").write_text("x = 1\n")
    folder, content = ran(project)
    assert content.header.source["dirty"] == "yes"
    difference = kept(folder, content)["changes.diff"]
    assert "Not known to git and not kept: näw.py" in difference
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(project), str(clone))
    git(clone, "checkout", "-q", str(content.header.source["commit"]))
    (tmp_path / "changes.diff").write_text(difference)
    git(clone, "apply", str(tmp_path / "changes.diff"))
    assert (clone / "model.py").read_text() == "depth = 4\nwidth = 9\n"


def test_secrets_in_code_arguments_and_remote_are_not_kept(project: Path) -> None:
    git(project, "remote", "add", "origin", "https://ada:hunter2@example.org/team/repo.git?t=1")
    (project / ".env").write_text("A=1\n")
    git(project, "add", "-f", ".env")
    git(project, *GIT, "commit", "-q", "-m", "env")
    (project / ".env").write_text(f"TOKEN={TOKEN}\n")
    (project / "model.py").write_text(f'depth = 3\ntoken = "{TOKEN}"\nwidth = 2\n')
    folder, content = ran(project, "--lr", "0.1", "--api-token", TOKEN, f"--password={TOKEN}x")
    files = kept(folder, content)
    assert content.header.source["remote"] == "https://example.org/team/repo.git"
    assert str(content.header.source["argv"]).startswith("--lr 0.1 --api-token '[left out")
    assert "Changed and left out because of the name: .env" in files["changes.diff"]
    assert "Lines left out because they look like secrets: 1" in files["changes.diff"]
    assert "+width = 2" in files["changes.diff"]
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert TOKEN.encode() not in data, path
            assert b"hunter2" not in data, path


def test_a_private_key_is_left_out_from_its_begin_to_its_end() -> None:
    text = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nb\n"
    masked, count = masking.masked_text(text)
    assert count == 4
    assert masked.split("\n")[0] == "a"
    assert masked.split("\n")[5] == "b"
    assert "MIIE" not in masked


def test_packages_are_those_pip_would_freeze(project: Path) -> None:
    listed = dict(
        line.partition("==")[::2] for line in kept(*ran(project))["requirements.txt"].splitlines()
    )
    expected = {
        packages.normalised(each.metadata["Name"]): each.version
        for each in metadata.distributions()
    }
    assert {name: version.partition("  #")[0] for name, version in listed.items()} == expected


def test_a_package_from_a_folder_says_where_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "My_Tool-1.0.dist-info"
    info.mkdir()
    told = {"url": "https://bob:pw@example.org/x", "vcs_info": {"commit_id": "abc"}}
    (info / "direct_url.json").write_text(json.dumps(told))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert packages.requirements() == "my-tool==1.0  # from https://example.org/x@abc\n"


def test_a_linked_work_tree_and_a_packed_ref_are_read(project: Path, tmp_path: Path) -> None:
    git(project, "pack-refs", "--all")
    head = git(project, "rev-parse", "HEAD")
    assert work_tree.WorkTree().facts(project)["commit"] == head
    linked = tmp_path / "linked"
    git(project, "worktree", "add", "-q", "-b", "side", str(linked))
    facts = work_tree.WorkTree().facts(linked)
    assert (facts["commit"], facts["branch"], facts["dirty"]) == (head, "side", "no")


def test_a_large_difference_is_cut_at_a_line_and_says_so(project: Path) -> None:
    (project / "model.py").write_text("".join(f"x{at} = {at}\n" for at in range(200_000)))
    difference = kept(*ran(project))["changes.diff"]
    assert "# Cut here: it was longer than is kept." in difference
    assert len(difference) <= work_tree.MAX_DIFF_BYTES + 1_000
    assert difference.endswith("\n")


@pytest.mark.parametrize(
    ("said", "files"),
    [("none", []), ("packages", ["requirements.txt"]), ("code", ["train.py"])],
)
def test_each_part_is_switched_off_by_the_variable(
    project: Path, said: str, files: list[str]
) -> None:
    assert sorted(kept(*ran(project, STRONGROOM_CAPTURE=said))) == files


def test_the_projects_file_switches_off_and_the_argument_is_louder(project: Path) -> None:
    (project / "strongroom.toml").write_text("[logging]\ncode = false\npackages = false\n")
    assert kept(*ran(project)) == {}
    script = project / "train.py"
    script.write_text(SCRIPT.replace('"churn"', '"churn", capture=["packages"]'))
    assert sorted(kept(*ran(project))) == ["requirements.txt"]


def test_a_lock_of_the_machine_is_louder_than_the_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('locked = ["logging.code"]\n[logging]\ncode = false\n')
    monkeypatch.setattr("strongroom.sdk.capturing.policy_file", lambda _environ: policy)
    assert choose(True, {}) == Capture(code=False)
    assert choose(None, {"STRONGROOM_CAPTURE": "network"}) == Capture(
        code=False, packages=False, system=False, network=True
    )


def test_a_part_there_is_not_is_refused_before_the_run_begins(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="capture"):
        sr.start_run(store=tmp_path, capture=["cod"])
    assert not list(tmp_path.rglob("run.json"))


def test_a_resumed_run_and_a_nested_store_keep_the_first_capture(tmp_path: Path) -> None:
    script = (
        "import strongroom as sr\n"
        "with sr.start_run(run_id='ab' * 16, capture=['packages'], reason='retrain churn/3'):\n"
        "    pass\n"
    )
    trained(script, tmp_path)
    trained(script, tmp_path)
    content = read_run(only_run(tmp_path))
    assert [each.path for each in content.artifacts] == ["captured/requirements.txt"]
    assert content.header.source["reason"] == "retrain churn/3"


def test_the_machine_is_measured_while_a_run_lasts(tmp_path: Path) -> None:
    script = """
import time
import strongroom as sr
with sr.start_run(capture=["system", "network"]):
    data = bytearray(60_000_000)
    end = time.time() + 2.6
    while time.time() < end:
        sum(range(10_000))
"""
    trained(script, tmp_path, STRONGROOM_LOGGING_SYSTEM_SECONDS="1")
    found = read_run(only_run(tmp_path)).metrics
    assert {
        "system/cpu_percent", "system/memory_percent", "system/disk_percent",
        "system/process_cpu_percent", "system/process_memory_mb", "system/network_sent_mb_s",
    } <= set(found)  # fmt: skip
    assert len(found["system/cpu_percent"]) >= 2
    assert found["system/cpu_percent"].steps.tolist() == sorted(
        set(found["system/cpu_percent"].steps.tolist())
    )
    assert 0 < found["system/cpu_percent"].values[-1] <= 100
    assert found["system/process_memory_mb"].values[-1] > 60
    assert found["system/process_cpu_percent"].values[-1] > 5


def test_children_count_as_the_process_they_belong_to(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in process_tree(os.getpid())
        gauges = Gauges(tmp_path)
        gauges.read()
        assert gauges.read()["system/process_memory_mb"] > 10
    finally:
        child.communicate(b"\n")


def test_cards_are_told_as_nvidia_smi_says_and_three_failures_end_it(tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    calls = tmp_path / "calls"
    program.write_text(
        f"#!/bin/sh\necho x >>{calls}\n"
        "echo '0, 87, 40536, 81920, 301.55, 64'\necho '1, [N/A], 0, 81920, [N/A], 31'\n"
    )
    program.chmod(0o755)
    found = GpuGauge(str(program)).read()
    assert found["gpu0_percent"] == 87
    assert found["gpu0_memory_percent"] == pytest.approx(49.48, abs=0.01)
    assert found["gpu0_power_w"] == 301.55
    assert "gpu1_percent" not in found
    assert found["gpu1_celsius"] == 31
    program.write_text(f"#!/bin/sh\necho x >>{calls}\nexit 9\n")
    gauge = GpuGauge(str(program))
    assert [gauge.read() for _ in range(5)] == [{}] * 5
    assert calls.read_text().count("x") == 1 + 3


def test_cards_a_process_may_not_use_are_not_its_own(tmp_path: Path) -> None:
    for slot in ("0000:01:00.0", "0000:02:00.0"):
        folder = tmp_path / "driver" / "nvidia" / "gpus" / slot
        folder.mkdir(parents=True)
        (folder / "information").write_text("Model: \t\t NVIDIA A100-SXM4-80GB\nIRQ: 1\n")
    assert graphics_cards({}, tmp_path) == ["NVIDIA A100-SXM4-80GB"] * 2
    assert len(graphics_cards({"CUDA_VISIBLE_DEVICES": "1"}, tmp_path)) == 1
    assert graphics_cards({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []


def test_a_git_that_hangs_does_not_hold_training_back(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").write_text("#!/bin/sh\nexec sleep 30\n")
    (tools / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr(work_tree, "GIT_TIMEOUT_S", 0.2)
    facts = work_tree.WorkTree().facts(project)
    assert facts["branch"] == "main"
    assert "dirty" not in facts


def test_threat_a_hostile_repository_runs_nothing_of_its_own(project: Path, tmp_path: Path) -> None:
    hit = tmp_path / "hit"
    (project / ".gitattributes").write_text("*.py diff=evil\n")
    git(project, "add", ".gitattributes")
    git(project, *GIT, "commit", "-q", "-m", "attributes")
    touch = f"touch {hit}; cat"
    for key in ("diff.evil.textconv", "diff.evil.command", "diff.external", "core.fsmonitor",
                "core.pager", "pager.diff"):  # fmt: skip
        git(project, "config", key, touch)
    git(project, "config", "core.hooksPath", str(project))
    (project / "post-index-change").write_text(f"#!/bin/sh\n{touch}\n")
    (project / "post-index-change").chmod(0o755)
    (project / "model.py").write_text("depth = 9\n")
    assert "+depth = 9" in kept(*ran(project))["changes.diff"]
    assert not hit.exists()


def test_a_disk_that_takes_no_capture_is_counted_and_training_goes_on(tmp_path: Path) -> None:
    script = """
import resource
import strongroom as sr
resource.setrlimit(resource.RLIMIT_FSIZE, (1_600, 1_600))
with sr.start_run(capture=["packages"]):
    sr.log_metric("loss", 0.5)
"""
    trained(script, tmp_path)
    content = read_run(only_run(tmp_path))
    assert content.artifacts == ()
    assert content.metrics["loss"].values.tolist() == [0.5]
    assert content.lost == {"disk": 1}


def test_a_forked_child_adds_nothing_of_the_machine(tmp_path: Path) -> None:
    script = """
import os, time
import strongroom as sr
with sr.start_run(capture=["system"]) as run:
    child = os.fork()
    if child == 0:
        time.sleep(1.6)
        os._exit(0)
    os.waitpid(child, 0)
"""
    trained(script, tmp_path, STRONGROOM_LOGGING_SYSTEM_SECONDS="1")
    content = read_run(only_run(tmp_path))
    assert len(content.writers) == 1
    assert len(content.metrics["system/cpu_percent"]) == 1
