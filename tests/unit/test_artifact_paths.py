# SPDX-License-Identifier: Apache-2.0
"""Paths that are legal everywhere or nowhere, and the tree digest that a shell reproduces."""

import hashlib
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.artifact import (
    MAX_FILES,
    ArtifactFile,
    check_path,
    check_paths,
    tree_digest,
)
from strongroom.domain.errors import Untrusted

BAD = [
    "", "/", ".", "..", "../x", "a/../b", "a/..", "./a", "a/./b", "a//b", "a/", "/etc/passwd",
    "//host/share/x", "\\\\host\\share\\x", "..\\x", "a\\b", "C:\\x", "C:/x", "c:x", "c:",
    "\\\\?\\C:\\x", "file:///etc/passwd", "a:stream", "a\x00b", "a\nb", "a\rb", "a\tb", "\x1b[31m",
    "a\x7f", "a\x85b", "a<b", "a>b", 'a"b', "a|b", "a?b", "a*b", "a.", "a ", "a./b", "a /b",
    "...", "a/. ", "CON", "con", "Con.txt", "con.tar.gz", "a/PRN", "aux.c", "nul", "NUL .txt",
    "COM1", "com9.log", "COM0", "LPT1", "lpt¹", "COM².txt", "CONIN$", "conout$.x", ".git",
    ".git/config", "a/.git/x", ".gitignore", ".GitHub/x", ".gitattributes", "e\u0301",
    "\u212bngstrom", "a\ud800b", "x" * 201, "é" * 101, "/".join(["x" * 100] * 11), "~/../x",
]  # fmt: skip

GOOD = [
    "a", "a.txt", "model/weights.safetensors", ".hidden", "~", "~/x", "-rf", "--help", "a b", "é",
    "日本/モデル.onnx", "console", "com", "com10", "auxiliary", "a.con", "nul_", "git", "a.git",
    "$HOME", "`id`", "$(id)", "a;b", "a&b", "a'b", "%2e%2e", "x" * 200, "é" * 100, "..a", "a..b",
]  # fmt: skip

CLASHES = [
    ("Model.pkl", "model.PKL"), ("a/B", "A/b"), ("straße", "STRASSE"), ("ſ", "s"), ("ﬁle", "file"),
    ("İ", "i̇"), ("a", "a/b"), ("A", "a/b"), ("a/b", "a/b/c/d"), ("a/b", "A/B/c"), ("a", "a"),
    ("Σ", "ς"), ("µ", "μ"), ("d/straße/x", "D/STRASSE/X"),
]  # fmt: skip


@pytest.mark.parametrize("path", BAD)
def test_a_bad_path_is_refused(path: str) -> None:
    with pytest.raises(Untrusted) as caught:
        check_path(path)
    assert caught.value.code == "E-PATH"
    assert caught.value.title.isprintable()
    with pytest.raises(Untrusted):
        tree_digest([ArtifactFile(path=path, size_bytes=0, sha256="0" * 64)])


@pytest.mark.parametrize("path", GOOD)
def test_a_good_path_is_taken(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize("pair", CLASHES)
def test_7_two_paths_that_are_one_somewhere_are_refused(pair: tuple[str, str]) -> None:
    for paths in (pair, pair[::-1]):
        with pytest.raises(Untrusted) as caught:
            check_paths(["other", *paths])
        assert caught.value.code == "E-PATH"


def test_neighbours_that_only_look_alike_are_taken() -> None:
    check_paths(["a/b", "a/bc", "a.b", "ab", "a-b/c", "a!"])


def test_more_files_than_a_version_may_hold_are_refused() -> None:
    with pytest.raises(Untrusted) as caught:
        check_paths(f"f{number}" for number in range(MAX_FILES + 1))
    assert caught.value.code == "E-SIZE"


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("a/.\\: cCoOnN1\x00é\u0301~*"), max_size=12))
def test_any_path_that_is_taken_stays_below_its_folder(path: str) -> None:
    try:
        check_path(path)
    except Untrusted:
        return
    resolved = Path("/root/of/tree").joinpath(path)
    assert ".." not in resolved.parts
    assert resolved.is_relative_to("/root/of/tree")
    assert resolved != Path("/root/of/tree")


# ---------------------------------------------------------------- the tree digest

PIPELINE = r"""
find . -type f | sed 's|^\./||' | LC_ALL=C sort | while IFS= read -r f; do
printf '%s  %s  %s\n' "$(sha256sum <"$f" | cut -c1-64)" "$(stat -c %s -- "$f")" "$f"
done | sha256sum
"""


def test_a_shell_gets_the_same_tree_digest(tmp_path: Path) -> None:
    source = random.Random(7)
    paths = ["a", "a.b", "a-b/c", "a/b" + "x" * 50, "B/ü", "Y", "é", "日本/モデル", "sp ace/x y"]
    paths = [path for path in paths if path != "a"] + ["$(id)", "-rf", "~", "empty", "z/ﬀ", "𝒳"]
    files = []
    for path in paths:
        data = source.randbytes(0 if path == "empty" else source.randrange(1, 5000))
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
        files.append(
            ArtifactFile(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        )
    source.shuffle(files)
    done = subprocess.run(
        ["bash", "-c", PIPELINE], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.split()[0] == tree_digest(files)


def test_the_tree_digest_depends_on_names_sizes_and_content_and_not_on_order() -> None:
    first = ArtifactFile(path="a", size_bytes=1, sha256="1" * 64)
    second = ArtifactFile(path="b", size_bytes=2, sha256="2" * 64)
    digest = tree_digest([first, second])
    assert tree_digest([second, first]) == digest
    assert tree_digest([]) == hashlib.sha256(b"").hexdigest()
    for other in (
        ArtifactFile(path="c", size_bytes=2, sha256="2" * 64),
        ArtifactFile(path="b", size_bytes=3, sha256="2" * 64),
        ArtifactFile(path="b", size_bytes=2, sha256="3" * 64),
    ):
        assert tree_digest([first, other]) != digest
