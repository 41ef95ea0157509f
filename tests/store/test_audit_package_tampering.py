# SPDX-License-Identifier: Apache-2.0
"""A package that anybody touched does not hold, and checking it never runs what is in it."""

import hashlib
import random
import shutil
from pathlib import Path

import pytest

from strongroom.domain.errors import BadInput
from strongroom.services.evidence import Package, verify_package
from support.audit_script import load_script, run_script
from support.audit_store import MODEL, AuditStore, copy_of, read_tree
from support.sealed_story import Story
from support.sealed_team import VERIFY_PY, manifest_lines

TAG = "tagmanifest-sha256.txt"
SAMPLE = 150  # positions over all files, beside every file's first, middle and last byte


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditStore, Package]:
    folder = tmp_path_factory.mktemp("tampering")
    store = copy_of(tmp_path_factory, folder / "people")
    return store, store.evidence.export(f"{MODEL}/1", folder / "package")


@pytest.fixture
def bag(exported, tmp_path) -> tuple[Path, str]:
    """A copy of the package that a test may damage, and the team id."""
    _, package = exported
    return Path(shutil.copytree(package.path, tmp_path / "bag")), package.team


def rebuild_manifests(bag: Path) -> None:
    """Writes both manifests anew, as somebody without keys can."""
    files = read_tree(bag)
    data = {path: content for path, content in files.items() if path.startswith("data/")}
    (bag / "manifest-sha256.txt").write_bytes(manifest_lines(data))
    tags = {p: (bag / p).read_bytes() for p in ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")}
    (bag / TAG).write_bytes(manifest_lines(tags))


def test_each_file_that_is_removed_is_missed(bag):
    folder, team = bag
    script = load_script()
    for path, content in read_tree(folder).items():
        (folder / path).unlink()
        result = script.verify(str(folder), team)
        assert result["exit"] == 1, path
        assert result["findings"], path
        (folder / path).write_bytes(content)
    assert script.verify(str(folder), team)["exit"] == 0


def test_one_flipped_byte_in_any_file_is_found(bag):
    folder, team = bag
    script, chance = load_script(), random.Random(20261123)
    files = read_tree(folder)
    places = [(path, at) for path, d in files.items() for at in {0, len(d) // 2, len(d) - 1}]
    for path, content in files.items():
        if path.startswith(TAG + "."):
            places += [(path, at) for at in range(0, len(content), 9)]
    names = sorted(files)
    places += [(p, chance.randrange(len(files[p]))) for p in chance.choices(names, k=SAMPLE)]
    missed = []
    for path, at in places:
        changed = bytearray(files[path])
        changed[at] ^= 1 << chance.randrange(8)
        (folder / path).write_bytes(changed)
        if script.verify(str(folder), team)["exit"] != 1:
            missed.append((path, at))
        (folder / path).write_bytes(files[path])
    assert missed == []


@pytest.mark.parametrize(
    "path", ["extra.txt", "data/extra.txt", "data/model/.hidden", "data/log/" + "0" * 64 + ".jsonl"]
)
def test_an_extra_file_is_found(bag, path):
    folder, team = bag
    (folder / path).write_bytes(b"")
    assert verify_package(folder, team).exit_code == 1


def test_a_link_in_place_of_an_equal_file_is_found(bag, tmp_path):
    folder, team = bag
    (tmp_path / "same").write_bytes((folder / "data/report.html").read_bytes())
    (folder / "data/report.html").unlink()
    (folder / "data/report.html").symlink_to(tmp_path / "same")
    assert verify_package(folder, team).exit_code == 1


def test_another_team_id_does_not_hold(bag):
    folder, team = bag
    other = hashlib.sha256(team.encode()).hexdigest()
    verdict = verify_package(folder, other)
    assert (verdict.exit_code, verdict.findings[0].code) == (1, "E-TEAM")
    assert run_script(folder, "--team", other)[0] == 1


def test_a_model_that_was_swapped_with_new_manifests_does_not_hold(bag):
    folder, team = bag
    (folder / "data/model/data/weights.bin").write_bytes(b"better weights")
    rebuild_manifests(folder)
    verdict = verify_package(folder, team)
    assert verdict.exit_code == 1
    assert "Does not hold" in verdict.sentence


def test_a_report_that_claims_more_with_new_manifests_does_not_hold(bag):
    folder, team = bag
    report = folder / "data/report.json"
    report.write_bytes(report.read_bytes().replace(b"Mara Lindqvist", b"Mallory Madeup"))
    rebuild_manifests(folder)
    assert verify_package(folder, team).exit_code == 1


def test_46_a_whole_package_by_another_team_does_not_hold_for_this_one(exported, tmp_path):
    store, _ = exported
    forged = Story("mallory").promotes().package(tmp_path / "forged")
    assert verify_package(forged, store.team).exit_code == 1


def test_the_script_inside_a_package_is_never_run(bag, tmp_path):
    folder, team = bag
    trace = tmp_path / "it ran"
    (folder / "data/verify.py").write_text(f"open({str(trace)!r}, 'w').close()\n")
    rebuild_manifests(folder)
    assert verify_package(folder, team, everything=True).exit_code == 1
    assert not trace.exists()


def test_checking_leaves_nothing_beside_the_shipped_script(bag):
    folder, team = bag
    before = sorted(path.name for path in VERIFY_PY.parent.iterdir() if path.is_file())
    assert verify_package(folder, team).is_ok
    after = sorted(path.name for path in VERIFY_PY.parent.iterdir() if path.is_file())
    assert before == after


def test_what_is_no_package_is_said_to_be_none(tmp_path):
    (tmp_path / "file").write_text("hello")
    (tmp_path / "empty").mkdir()
    for name in ("file", "empty", "nowhere"):
        verdict = verify_package(tmp_path / name, "ab" * 32)
        assert (verdict.exit_code, verdict.is_ok) == (2, False)
        assert verdict.sentence


def test_a_team_id_may_be_typed_in_groups(bag):
    folder, team = bag
    groups = " ".join(team[i : i + 4] for i in range(0, 64, 4)).upper()
    assert verify_package(folder, groups).is_ok
    with pytest.raises(BadInput):
        verify_package(folder, team[:-1])
