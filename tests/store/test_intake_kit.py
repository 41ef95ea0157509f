# SPDX-License-Identifier: Apache-2.0
"""The conformance kit: this reader passes its cases, and programs in other languages its story."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from strongroom.domain.clock import FixedClock, SystemClock
from strongroom.services.intake_check import check_intake, differences, read_expected
from strongroom.services.runs import open_runs
from support.command_line import Workplace, workplace
from support.intake_cases import KIT, START_US, Case, cases
from support.no_internet import SEALED

CASES = cases()
SHELLS = [
    shell
    for shell in ("sh", "dash", "bash", "busybox", "ksh", "zsh", "mksh", "yash")
    if shutil.which(shell)
]


@pytest.fixture
def anna(tmp_path: Path) -> Workplace:
    return workplace(tmp_path, "anna", "store")


def told(case: Case) -> list[list[object]]:
    """Returns code, file and line of everything found in a case; files have no line."""
    (run,) = check_intake(case.folder, FixedClock(START_US + 60_000_000))
    return sorted([found.code, found.path, found.line] for found in run.findings)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_of_the_kit_is_read_as_it_says(case: Case) -> None:
    expected = sorted(case.expected["findings"])
    if case.name.startswith("bad-") and expected[0][2] == 0 and len(expected) == 2:
        found = told(case)  # the file as a whole: where a reader notices is his own affair
        assert [each[:2] for each in found] == [each[:2] for each in expected]
    else:
        assert told(case) == expected
    (run,) = check_intake(case.folder, FixedClock(START_US + 60_000_000))
    assert differences(run, case.expected["said"]) == ()
    assert run.is_ok == (not any(code.startswith("E-") for code, _, _ in expected))


def test_the_kit_tries_what_is_right_what_is_torn_and_what_is_wrong() -> None:
    kinds = [case.name.partition("-")[0] for case in CASES]
    assert min(kinds.count(kind) for kind in ("valid", "torn", "bad")) >= 5
    assert all(case.expected["title"] for case in CASES)


def environment(store: Path, **more: str) -> dict[str, str]:
    sealed = {"PATH": os.environ["PATH"], "PYTHONPATH": SEALED}
    return {**sealed, "STRONGROOM_STORE": str(store), "USER": "ada", **more}


def story_holds(anna: Workplace, folder: str) -> None:
    """Holds what a program logged against the story, by the command anybody has."""
    expected = KIT / "story" / "expected.json"
    found = anna.ask("intake", "check", folder, "--expect", expected)
    assert found["ok"], found
    # And it is a run like any other: sealed, with every value bit for bit.
    runs = anna.ask("runs", "search", "params.rate = '0.1'")["runs"]
    assert [run["status"] for run in runs] == ["FINISHED"]
    points = anna.ask("runs", "history", runs[0]["run_id"], "val/acc")["points"]
    assert [value for _, value, _ in points] == [
        0.1, "NaN", "Infinity", "-Infinity", -0.0, 5e-324, 1.7976931348623157e308,
    ]  # fmt: skip
    assert Path(folder, "sealed.json").exists()
    assert not list(Path(folder).glob("*.jsonl"))
    assert anna.ask("verify")["ok"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_posix_shell_script_passes_the_story(anna: Workplace, shell: str) -> None:
    program = shutil.which(shell)
    assert program is not None
    words = [program, "sh"] if shell == "busybox" else [program]
    anna.store.mkdir(parents=True)
    done = subprocess.run(
        [*words, KIT / "examples" / "story.sh"], env=environment(anna.store),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    story_holds(anna, done.stdout.strip())


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
def test_a_c_program_passes_the_story_and_compiles_without_a_warning(
    anna: Workplace, tmp_path: Path
) -> None:
    program = tmp_path / "story"
    made = subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-format-truncation",
         "-fsanitize=undefined", "-O1", KIT / "examples" / "story.c", "-o", program, "-lm"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    anna.store.mkdir(parents=True)
    files = [KIT / "story" / name for name in ("hello.txt", "empty.bin")]
    done = subprocess.run(
        [program, *files], env=environment(anna.store), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    story_holds(anna, done.stdout.strip())


def test_the_words_of_the_batch_pass_the_story(anna: Workplace, tmp_path: Path) -> None:
    started = anna.ask("log", "start", "--experiment", "kit of intake", "--name", 'first "light"')
    for name in ("hello.txt", "empty.bin"):
        shutil.copy(KIT / "story" / name, tmp_path)
    story = (KIT / "story" / "story.txt").read_text().replace("artifact ", f"artifact {tmp_path}/")
    story = story.replace(f"{tmp_path}/empty.bin", f"{tmp_path}/empty.bin empty.bin")
    (tmp_path / "story.txt").write_text(story)
    said = anna.ask("log", "--batch", tmp_path / "story.txt", "--run", started["run_id"])
    assert said["refused"] == 0
    story_holds(anna, started["folder"])


def test_what_differs_from_the_story_is_named_and_the_check_fails(
    anna: Workplace, tmp_path: Path
) -> None:
    case = next(case for case in CASES if case.name == "valid-all-kinds")
    wanted = {"params": {"rate": "0.2"}, "metrics": {"loss": [[1, 0.5], [2, 0.25]]}, "status": "x"}
    expected = tmp_path / "expected.json"
    expected.write_text(json.dumps(wanted))
    found = anna.ask("intake", "check", case.folder, "--expect", expected, code=1)
    named = {each["path"]: each["code"] for each in found["runs"][0]["findings"]}
    assert {"params/rate", "params/layers", "metrics/loss", "status"} <= named.keys()
    assert set(named.values()) == {"E-EXPECT"}


def test_the_kit_is_written_out_whole_and_never_over_other_files(
    anna: Workplace, tmp_path: Path
) -> None:
    out = tmp_path / "kit"
    said = anna.ask("intake", "kit", "-o", out)
    shipped = sorted(p.relative_to(KIT) for p in KIT.rglob("*") if p.is_file())
    assert sorted(p.relative_to(out) for p in out.rglob("*") if p.is_file()) == shipped
    assert said["files"] == len(shipped)
    assert anna.refused("intake", "kit", "-o", out, code=2) == "E-PATH"


def test_a_folder_without_runs_and_a_broken_expectation_are_told(
    anna: Workplace, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert anna.refused("intake", "check", tmp_path / "empty", code=2) == "E-RUN"
    broken = tmp_path / "broken.json"
    broken.write_text("[1")
    assert (
        anna.refused("intake", "check", CASES[0].folder, "--expect", broken, code=2) == "E-FORMAT"
    )
    assert anna.refused("intake", "check", tmp_path / "nowhere", code=4) == "E-SHARE"


def test_checking_changes_nothing(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "valid-all-kinds")
    copy = tmp_path / case.folder.name
    shutil.copytree(case.folder, copy)
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    check_intake(copy, SystemClock())
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_expected_files_that_are_too_large_are_not_read(tmp_path: Path) -> None:
    from strongroom.domain.errors import BadInput

    large = tmp_path / "large.json"
    with large.open("wb") as stream:
        stream.truncate(20 << 20)
    with pytest.raises(BadInput) as refused:
        read_expected(large)
    assert refused.value.code == "E-SIZE"


def test_a_story_is_a_run_of_the_window_too(anna: Workplace) -> None:
    case = next(case for case in CASES if case.name == "valid-two-files")
    target = anna.store / "runs" / "2026-11" / case.folder.name
    shutil.copytree(case.folder, target)
    runs = open_runs(anna.store, SystemClock(), os.urandom)
    try:
        runs.refresh()
        detail = runs.show(case.folder.name)
        assert (detail.run.status.value, detail.run.is_sealed) == ("FINISHED", True)
        assert runs.history(case.folder.name, "loss").values.tolist() == [0.5, 0.25]
    finally:
        runs.catalog.close()
