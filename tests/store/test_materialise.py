# SPDX-License-Identifier: Apache-2.0
"""A tree of files appears whole under its name or not at all, and no link is followed."""

import hashlib
import io
import itertools
import os
import threading
import time
from collections import Counter

import pytest

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.errors import BadInput, EnvironmentFault, Untrusted
from strongroom.store.materialise import materialise

CONTENT = {
    "MLmodel": b"flavors: {}\n",
    "model/weights.safetensors": os.urandom(1_500_000),
    "model/deep/er/empty.txt": b"",
    "ünï cödé/ß.txt": b"text",
}


def listed(path: str, data: bytes) -> ArtifactFile:
    return ArtifactFile(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


FILES = [listed(path, data) for path, data in CONTENT.items()]


def give(file: ArtifactFile) -> io.BytesIO:
    return io.BytesIO(CONTENT[file.path])


def held(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_tree_on_disk_is_the_tree_of_the_list(tmp_path):
    heard = []

    class Listening:
        def step(self, done, total, what=""):
            heard.append((done, total))

    materialise(tmp_path / "out", FILES, give, progress=Listening())
    assert held(tmp_path / "out") == CONTENT
    there = [listed(path, data) for path, data in held(tmp_path / "out").items()]
    assert tree_digest(there) == tree_digest(FILES)
    assert heard[-1][0] == heard[-1][1]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    materialise(tmp_path / "out", FILES, give)
    assert held(tmp_path / "out") == CONTENT


@pytest.mark.parametrize("lie", [b"x", b"flavors: {}\nx", b"flavors: {]\n", b"", b"\0" * 5_000_000])
def test_content_that_is_not_what_the_list_says_leaves_nothing(tmp_path, lie):
    with pytest.raises(Untrusted) as caught:
        materialise(
            tmp_path / "out",
            FILES,
            lambda file: io.BytesIO(lie) if file.path == "MLmodel" else give(file),
        )
    assert caught.value.code == "E-HASH"
    assert list(tmp_path.iterdir()) == []


def test_an_endless_source_is_ended_by_its_first_byte_too_many(tmp_path):
    asked = []

    class Endless(io.RawIOBase):
        def read(self, size=-1):
            asked.append(size)
            return b"x" * size

    with pytest.raises(Untrusted):
        materialise(tmp_path / "out", [listed("a", b"small")], lambda _: Endless())
    assert len(asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../evil",
        "a/../../evil",
        "/etc/passwd",
        "//host/share",
        "C:/evil",
        "C:evil",
        "\\\\host\\share\\x",
        "a\\b",
        "a//b",
        "a/./b",
        "a/",
        "./a",
        "con",
        "NUL.txt",
        "aux/x",
        "com1.log",
        "COM¹",
        "a.",
        "a ",
        "a\0b",
        "a\nb",
        "a\x1b[0m",
        "a:b",
        "a?",
        "a*",
        "a|b",
        "<a>",
        '"a"',
        ".git/config",
        ".gitattributes",
        "x/.GIT/hooks",
        "e\u0301",
        "x" * 201,
        "/".join(["y" * 100] * 11),
        "a\udcff",
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused_before_anything_is_written(tmp_path, path):
    out = tmp_path / "in" / "out"
    out.parent.mkdir()
    with pytest.raises(Untrusted) as caught:
        materialise(out, [listed("good", b""), listed(path, b"evil")], lambda _: io.BytesIO(b""))
    assert caught.value.code == "E-PATH"
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


@pytest.mark.parametrize(
    ("one", "two"), [("Model.pkl", "model.PKL"), ("straße", "STRASSE"), ("a", "a/b"), ("x", "x")]
)
def test_two_paths_that_are_one_on_a_careless_disk_are_refused(tmp_path, one, two):
    with pytest.raises(Untrusted) as caught:
        materialise(tmp_path / "out", [listed(one, b""), listed(two, b"")], lambda _: io.BytesIO())
    assert caught.value.code == "E-PATH"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["target", "parent", "grandparent", "dangling"])
def test_6_a_link_planted_in_the_way_is_refused_and_not_followed(tmp_path, where):
    victim, planted = tmp_path / "victim", tmp_path / "planted"
    (victim / "sub").mkdir(parents=True)
    planted.symlink_to(tmp_path / "nowhere" if where == "dangling" else victim)
    target = {"parent": planted / "out", "grandparent": planted / "sub" / "out"}.get(where, planted)
    with pytest.raises(Untrusted) as caught:
        materialise(target, FILES, give)
    assert caught.value.code == "E-PATH"
    assert [path.name for path in victim.rglob("*")] == ["sub"]
    assert not (tmp_path / "nowhere").exists()


def test_6_a_folder_swapped_for_a_link_again_and_again_leads_nowhere_else(tmp_path):
    victim, place, spare = tmp_path / "victim", tmp_path / "place", tmp_path / "spare"
    victim.mkdir()
    place.mkdir()
    stop = threading.Event()

    def swap():
        for pause in itertools.cycle((0.0, 0.0005, 0.001, 0.003)):
            place.rename(spare)
            place.symlink_to(victim)
            time.sleep(pause / 2)
            place.unlink()
            spare.rename(place)
            time.sleep(pause)  # whoever is let in now meets the next link further on
            if stop.is_set():
                break

    attacker = threading.Thread(target=swap)
    attacker.start()
    refused, written = Counter(), set()
    try:
        for number in range(1000):
            try:
                materialise(place / str(number), [listed("a", b"x")], lambda _: io.BytesIO(b"x"))
                written.add(str(number))
            except (Untrusted, BadInput, EnvironmentFault) as told:
                refused[type(told), told.code] += 1
            if number > 150 and written and refused[Untrusted, "E-PATH"]:
                break
    finally:
        stop.set()
        attacker.join()
    assert list(victim.iterdir()) == []
    assert {path.name for path in place.iterdir()} == written
    assert all(held(place / name) == {"a": b"x"} for name in written)
    assert written, "it is written while nobody is in the way"
    assert refused[Untrusted, "E-PATH"], "the link was met, and not followed"
    gone = (EnvironmentFault, "E-SHARE")
    assert set(refused) <= {(Untrusted, "E-PATH"), (BadInput, "E-PATH"), gone}, refused


@pytest.mark.parametrize("which", ["the parent", "what is being made", "a folder of it"])
def test_6_a_folder_swapped_for_a_link_while_its_content_is_read_leads_nowhere_else(
    tmp_path, which
):
    victim, place, spare = tmp_path / "victim", tmp_path / "place", tmp_path / "spare"
    victim.mkdir()
    place.mkdir()
    asked = []

    def give(file):
        asked.append(file.path)
        if len(asked) == 1:
            (made,) = place.glob(".out.*.tmp")
            swapped = {"the parent": place, "what is being made": made}.get(which, made / "in")
            swapped.rename(spare)
            swapped.symlink_to(victim)
        return io.BytesIO(b"x")

    def make():
        materialise(place / "out", [listed("in/a", b"x"), listed("in/b", b"x")], give)

    if which == "a folder of it":
        with pytest.raises(Untrusted) as caught:
            make()
        assert caught.value.code == "E-PATH"
    else:
        make()
        assert asked == ["in/a", "in/b"]
        where = spare / "out" if which == "the parent" else spare
        assert held(where) == {"in/a": b"x", "in/b": b"x"}, "it went where it had begun"
    assert list(victim.iterdir()) == []


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_bytes(b"mine")
    (tmp_path / "file").write_bytes(b"mine")
    for target in (tmp_path / "out", tmp_path / "file"):
        with pytest.raises(BadInput) as caught:
            materialise(target, FILES, give)
        assert caught.value.code == "E-PATH"
    assert held(tmp_path) == {"out/mine.txt": b"mine", "file": b"mine"}


def test_a_parent_that_is_missing_is_said_and_not_made(tmp_path):
    with pytest.raises(BadInput):
        materialise(tmp_path / "gone" / "out", FILES, give)
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_export_leaves_nothing(tmp_path):
    class Impatient:
        def step(self, done, total, what=""):
            if done > 1_000_000:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        materialise(tmp_path / "out", FILES, give, progress=Impatient())
    assert list(tmp_path.iterdir()) == []


def test_a_tree_that_cannot_fit_is_refused_before_it_begins(tmp_path):
    huge = ArtifactFile(path="a", size_bytes=1 << 60, sha256="0" * 64)
    with pytest.raises(EnvironmentFault) as caught:
        materialise(tmp_path / "out", [huge], give)
    assert caught.value.code == "E-FULL"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(tmp_path):
    from support.shares import small_disk

    data = b"x" * 900_000
    with small_disk(tmp_path / "disk", 1 << 20) as disk:

        def fill_up(file):
            (disk / "other").write_bytes(b"y" * 500_000)
            return io.BytesIO(data)

        with pytest.raises(EnvironmentFault) as caught:
            materialise(disk / "out", [listed("a", data)], fill_up)
        assert caught.value.code == "E-FULL"
        assert [path.name for path in disk.iterdir()] == ["other"]
