# SPDX-License-Identifier: Apache-2.0
"""The auditor's script and the files of a package: threats 40, 41, 46, 47 and the byte flips."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.audit_script import load_script, run_script
from support.sealed_story import Story
from support.sealed_team import (
    VERIFY_PY,
    a_team,
    canonical,
    seal,
    sha256,
    statement,
    write_files,
    write_zip,
)

verify = load_script()


@pytest.fixture(scope="module")
def story():
    return Story().promotes()


def codes(folder, story, *, team=""):
    result = verify.verify(str(folder), team or story.team.id, everything=True)
    assert result["exit"] == (1 if result["findings"] else 0)
    return [code for code, _, _ in result["findings"]]


def test_a_whole_package_holds_and_one_sentence_says_who_approved_under_which_policy(
    story, tmp_path
):
    code, output = run_script(story.package(tmp_path / "bag"), "--team", story.team.id, "--all")
    tree, policy = story.version.tree, story.wish.body["policy"]
    assert code == 0, output
    assert output == (
        f"Holds: Production of churn is version 2 (tree {tree[:4]} {tree[4:8]} …), approved by "
        f"Mara Lindqvist under policy {policy[:4]} {policy[4:8]} …, requested by Jonas Feld; "
        "7 events of 3 writers, trust version 3, package signed by Ada Auditor. "
        "Each of the 7 signatures was checked.\n"
    )


def test_the_script_is_python_3_8_and_imports_the_standard_library_only():
    tree = ast.parse(VERIFY_PY.read_text(encoding="utf-8"), feature_version=(3, 8))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names}  # fmt: skip
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names
    assert {str(name).partition(".")[0] for name in froms} == {"__future__", "cryptography"}


def test_without_a_path_it_reads_the_package_it_lies_in(story, tmp_path):
    script = verify.__spec__.origin
    bag = story.package(tmp_path, extra={"data/verify.py": Path(script).read_bytes()})
    code, output = run_script("--team", story.team.id, "--json", script=bag / "data/verify.py")
    assert code == 0, output
    answer = json.loads(output)
    assert answer["ok"]
    assert answer["checked"]["events"] == 7
    assert run_script("--team", "12", script=bag / "data/verify.py")[0] == 2


def test_the_library_and_pure_python_give_the_same_answer(story, tmp_path, monkeypatch):
    bag = story.package(tmp_path)
    with_library = verify.verify(str(bag), story.team.id, everything=True)
    monkeypatch.setattr(verify, "LIBRARY", None)
    assert verify.verify(str(bag), story.team.id, everything=True) == with_library


def test_every_single_byte_of_every_file_is_held(story, tmp_path):
    bag = story.package(tmp_path)
    for path in sorted(p for p in bag.rglob("*") if p.is_file()):
        good = path.read_bytes()
        if path.relative_to(bag).as_posix().startswith("data/"):
            # Whatever the flip, the digest differs; one flip a place, read as the script reads it.
            package = verify.Package(str(bag))
            wanted = verify.read_manifest(package, "manifest-sha256.txt")
            name = path.relative_to(bag).as_posix()
            for place in range(len(good)):
                flipped = bytearray(good)
                flipped[place] ^= 1 << (place % 8)
                assert sha256(bytes(flipped)) != wanted[name]
            places = range(0, len(good), max(1, len(good) // 2))
        else:
            # The tag files decide everything else. Of base64 text, every third place will do.
            places = range(0, len(good), 3 if path.name.endswith(".json") else 1)
        for place in places:
            flipped = bytearray(good)
            flipped[place] ^= 1 << (place % 8)
            path.write_bytes(flipped)
            result = verify.verify(str(bag), story.team.id)
            assert result["exit"] == 1, f"{path.name} byte {place}: {result}"
        path.write_bytes(good)
    assert codes(bag, story) == []


@pytest.mark.parametrize("place", ["data/model/MLmodel", "bagit.txt", "manifest-sha256.txt",
                                   "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.p256.sig",
                                   "tagmanifest-sha256.txt.dsse.json"])  # fmt: skip
def test_a_deleted_file_is_missing(story, tmp_path, place):
    bag = story.package(tmp_path)
    (bag / place).unlink()
    assert codes(bag, story)[0] == "E-MISSING"


@pytest.mark.parametrize("place", ["data/model/.git/x", "data/extra.txt", "extra.txt"])
def test_an_added_file_is_found(story, tmp_path, place):
    bag = story.package(tmp_path)
    write_files(bag, {place: b"x"})
    assert codes(bag, story) == ["E-PATH"]


def test_a_link_is_refused_and_not_followed(story, tmp_path):
    bag = story.package(tmp_path / "bag")
    target = bag / "data/model/MLmodel"
    content = target.read_bytes()
    target.unlink()
    (tmp_path / "same-content").write_bytes(content)
    target.symlink_to(tmp_path / "same-content")
    assert codes(bag, story) == ["E-PATH"]
    target.unlink()
    target.write_bytes(content)
    (bag / "data/loop").symlink_to(bag, target_is_directory=True)
    assert codes(bag, story) == ["E-PATH"]
    (bag / "data/loop").unlink()
    os.mkfifo(bag / "data/pipe")
    assert codes(bag, story) == ["E-PATH"]


@pytest.mark.parametrize(
    "name",
    ["data/../../etc/passwd", "/etc/passwd", "data/C:\\x", "\\\\host\\x", "data/con", "data/a ",
     "data/a.", "data//a", "data/./a", "data/LPT1.txt", "data/a\x00b", "data/e\u0301"],
)  # fmt: skip
def test_a_manifest_with_a_dangerous_path_is_refused(story, tmp_path, name):
    files = story.files()
    manifest = files["manifest-sha256.txt"] + f"{sha256(b'')}  {name}\n".encode()
    write_files(tmp_path, {**files, "manifest-sha256.txt": manifest})
    assert codes(tmp_path, story) == ["E-PATH"]


def test_names_that_are_one_file_elsewhere_are_refused(story, tmp_path):
    files = story.files(extra={"data/Model.pkl": b"1", "data/model.PKL": b"2"})
    write_files(tmp_path, files)
    assert codes(tmp_path, story) == ["E-PATH"]


def test_a_package_that_an_attacker_made_with_own_root_keys_is_another_team(story, tmp_path):
    forged = Story("attacker").promotes()
    bag = forged.package(tmp_path)
    assert codes(bag, forged) == []
    assert codes(bag, story, team=story.team.id) == ["E-TEAM"]


def test_a_package_sealed_by_somebody_without_the_right_is_refused(story, tmp_path):
    files = story.team.package_files(story.version, by=story.jonas, report=story.report())
    write_files(tmp_path, files)
    assert codes(tmp_path, story) == ["E-CAP"]


def test_a_package_sealed_for_another_team_or_in_another_name_is_refused(story, tmp_path):
    write_files(tmp_path / "a", story.files(team="0" * 64))
    write_files(tmp_path / "b", story.files(writer=story.jonas.id))
    assert codes(tmp_path / "a", story) == ["E-TEAM"]
    assert codes(tmp_path / "b", story) == ["E-TEAM"]


def test_manifests_rebuilt_without_the_exporters_key_are_found(story, tmp_path):
    files = story.files()
    other = story.files(extra={"data/report.html": b"<p>Approved by everybody</p>"})
    kept = {name: files[name] for name in files if name.startswith("tagmanifest-sha256.txt.")}
    write_files(tmp_path, {**other, **kept})
    assert codes(tmp_path, story) == ["E-HASH"]


def test_a_wrong_p256_signature_is_found_though_the_envelope_names_it(story, tmp_path):
    honest = story.ada.p256
    story.ada.p256 = story.mara.p256
    try:
        write_files(tmp_path, story.files())
    finally:
        story.ada.p256 = honest
    assert codes(tmp_path, story) == ["E-SIG"]


def test_openssl_keys_that_are_not_those_of_the_team_are_found(story, tmp_path):
    name = f"data/keys/{story.ada.id}.p256.pem"
    mine = story.files()[f"data/keys/{story.mara.id}.p256.pem"]
    write_files(tmp_path, story.files(extra={name: mine}))
    assert codes(tmp_path, story) == ["E-TRUST-SIG"]


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"a":1,"a":1}', b'{"a":1.5}', b'{"a":NaN}', b'{"a":' + b"9" * 5000 + b"}",
     b"\xff", b'{"a": 1}', b'{"a":"\\ud800"}', b"", b"{}"],
)  # fmt: skip
def test_47_json_that_attacks_the_reader_is_a_finding_not_a_crash(story, tmp_path, content):
    write_files(tmp_path, story.files(extra={"data/report.json": content}))
    assert codes(tmp_path, story)[0] in {"E-CANON", "E-FORMAT"}


def test_a_giant_document_is_refused_by_its_size(story, tmp_path):
    huge = b'"' + b"a" * (5 * 1024 * 1024) + b'"'
    write_files(tmp_path, story.files(extra={"data/report.json": huge}))
    assert codes(tmp_path, story) == ["E-SIZE"]
    line = b'"' + b"a" * (300 * 1024) + b'"\n'
    log = {f"data/log/{story.jonas.id}.jsonl": line}
    write_files(tmp_path / "b", story.files(extra=log))
    assert codes(tmp_path / "b", story) == ["E-SIZE"]


def test_what_is_no_package_cannot_be_read(tmp_path):
    assert verify.verify(str(tmp_path), "0" * 64)["exit"] == 2
    assert verify.verify(str(tmp_path / "absent"), "0" * 64)["exit"] == 2
    (tmp_path / "x.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    assert verify.verify(str(tmp_path / "x.zip"), "0" * 64)["exit"] == 2


def test_a_zip_holds_as_well_and_is_not_extracted(story, tmp_path):
    write_zip(tmp_path / "bag.zip", story.files())
    assert codes(tmp_path / "bag.zip", story) == []
    code, output = run_script(tmp_path / "bag.zip", "--team", story.team.id)
    assert code == 0, output
    assert [path.name for path in tmp_path.iterdir()] == ["bag.zip"]


def test_4_a_zip_with_a_changed_entry_a_link_a_repeat_or_a_bomb_is_refused(story, tmp_path):
    files = story.files()
    changed = {**files, "data/model/MLmodel": b"flavors: []\n"}
    write_zip(tmp_path / "a.zip", changed)
    assert codes(tmp_path / "a.zip", story) == ["E-HASH"]
    for name, options in {
        "b": {"external_attr": 0o120777 << 16},
        "c": {"compress_type": 8},
    }.items():
        write_zip(tmp_path / f"{name}.zip", files)
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "a") as archive:
            info = zipfile.ZipInfo("audit-churn/data/more")
            for key, value in options.items():
                setattr(info, key, value)
            archive.writestr(info, b"/etc/passwd" * 1000)
    assert codes(tmp_path / "b.zip", story) == ["E-PATH"]
    assert codes(tmp_path / "c.zip", story) == ["E-BOMB"]
    write_zip(tmp_path / "d.zip", files)
    with (
        zipfile.ZipFile(tmp_path / "d.zip", "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("audit-churn/bagit.txt", b"another")
    assert codes(tmp_path / "d.zip", story) == ["E-PATH"]
    write_zip(tmp_path / "e.zip", {**files, "../../outside": b"x"})
    assert codes(tmp_path / "e.zip", story) == ["E-PATH"]


def test_a_model_or_run_file_that_is_not_what_was_registered_is_found(story, tmp_path):
    write_files(tmp_path / "a", story.files(extra={"data/model/MLmodel": b"other"}))
    assert codes(tmp_path / "a", story) == ["E-BIND"]
    write_files(tmp_path / "b", story.files(extra={"data/runs/r1/metrics.parquet": b"other"}))
    assert codes(tmp_path / "b", story) == ["E-BIND"]
    manifest = next(iter(story.team.bundles))
    write_files(tmp_path / "c", story.files(without=[f"data/bundles/{manifest}.json"]))
    assert codes(tmp_path / "c", story) == ["E-BIND"]


def test_a_manifest_of_files_by_a_stranger_or_for_another_tree_is_found(story, tmp_path):
    stranger = a_team("stranger").writer("Eve", ["log"])
    data = seal(
        statement("bundle", "x", "0" * 64, {"team": story.team.id, "files": []}), stranger.key
    )
    name = f"data/bundles/{sha256(data)}.json"
    write_files(tmp_path / "a", story.files(extra={name: data}))
    assert codes(tmp_path / "a", story) == ["E-SIG"]
    data = seal(
        statement("bundle", "x", "0" * 64, {"team": story.team.id, "files": []}), story.jonas.key
    )
    name = f"data/bundles/{sha256(data)}.json"
    write_files(tmp_path / "b", story.files(extra={name: data}))
    assert codes(tmp_path / "b", story) == ["E-BIND"]


def test_the_report_may_claim_nothing_that_the_events_do_not_say(story, tmp_path):
    lies = {
        "stage": "Staging", "version": 3, "state": "0" * 64, "policy": "0" * 64, "request": "",
        "approvals": [], "team": "0" * 64, "tree": "0" * 64, "model": "other",
    }  # fmt: skip
    for number, (key, lie) in enumerate(lies.items()):
        folder = tmp_path / str(number)
        write_files(folder, story.files(report=story.report(**{key: lie})))
        assert set(codes(folder, story)) <= {"E-BIND", "E-POLICY", "E-TEAM"}, key
        assert codes(folder, story), key


def test_sha256sum_and_openssl_agree(story, tmp_path):
    bag = story.package(tmp_path)
    for manifest in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        command = ["sha256sum", "-c", "--strict", "--quiet", manifest]
        subprocess.run(command, cwd=bag, check=True)
    command = [
        "openssl", "dgst", "-sha256", "-verify", f"data/keys/{story.ada.id}.p256.pem", "-signature",
        "tagmanifest-sha256.txt.p256.sig", "tagmanifest-sha256.txt",
    ]  # fmt: skip
    subprocess.run(command, cwd=bag, check=True, capture_output=True)


def test_the_output_shows_control_characters_as_what_they_are(tmp_path):
    story = Story()
    story.mara.name = "Mara\x1b[31m\u202e"
    story.team.publishes()
    story.promotes()
    code, output = run_script(story.package(tmp_path), "--team", story.team.id)
    assert code == 0, output
    assert "\\u001b" in output
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert canonical({}) == b"{}"
