# SPDX-License-Identifier: Apache-2.0
"""Threats 30 to 39: hostile artifacts are shown as text, or not, and no more.

A program of its own shows every file of the corpus in every way it offers. An audit hook tells
what Python opened; a watch on a canary and a listening port tell what Qt did.
"""

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.services.views.svg import NotDrawable, clean_svg
from strongroom.services.views.visible import visible_line, visible_lines
from support.artifact_room import room_of
from support.hostile_files import hostile_files
from support.no_internet import GUARDED_TESTS, a_server_on_this_machine

DECODERS = ("libpng", "qt.gui.imageio")  # say by themselves what is wrong with a torn picture
IN_OPEN, IN_ACCESS, IN_CREATE = 0x20, 0x1, 0x100


class Watch:
    """Hears from the kernel when anything in a folder is opened, by whoever."""

    def __init__(self, folder: Path) -> None:
        self._c = ctypes.CDLL(None, use_errno=True)
        self.fd = self._c.inotify_init1(os.O_NONBLOCK)
        mask = IN_OPEN | IN_ACCESS | IN_CREATE
        assert self._c.inotify_add_watch(self.fd, str(folder).encode(), mask) >= 0

    def heard(self) -> list[str]:
        names = []
        try:
            data = os.read(self.fd, 65_536)
        except BlockingIOError:
            return names
        at = 0
        while at < len(data):
            _, _, _, length = struct.unpack_from("iIII", data, at)
            names.append(data[at + 16 : at + 16 + length].rstrip(b"\0").decode())
            at += 16 + length
        return names

    def close(self) -> None:
        os.close(self.fd)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    if sys.platform != "linux":
        pytest.skip("the kernel is asked through inotify")
    canary = tmp_path_factory.mktemp("canary")
    (canary / "canary.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with a_server_on_this_machine(), socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        store = tmp_path_factory.mktemp("hostile") / "store"
        room_of(store, hostile_files(canary, server.getsockname()[1])).close()
        watch = Watch(canary)
        script = Path(__file__).parent.parent / "support" / "hostile_show.py"
        place = {"PYTHONPATH": GUARDED_TESTS, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(
            [sys.executable, str(script), str(store)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env={**os.environ, **place},
        )
        assert done.returncode == 0, done.stderr[-3_000:]
        document = json.loads(done.stdout.splitlines()[-1])
        document["canary"] = watch.heard()
        document["said"] = [
            line
            for line in done.stderr.splitlines()
            if line and "propagateSizeHints" not in line and not line.startswith(DECODERS)
        ]
        watch.close()
        with pytest.raises(BlockingIOError):
            server.accept()
    document["was_here"] = (canary / "was-here").exists()
    return document


def test_32_threat_31_no_file_outside_the_store_and_no_socket_is_opened(told) -> None:
    assert told["opened"] == []
    assert told["acts"] == []
    assert told["canary"] == []
    assert told["asked"] == []


def test_threat_30_nothing_of_a_pickle_ran(told) -> None:
    assert not told["was_here"]
    for path in ("model.pkl", "model.joblib", "model.pt", "old.pkl", "torn.pkl"):
        assert told["seen"][path][0].startswith("program"), path


def test_every_hostile_file_is_shown_in_some_way_or_says_why_not(told) -> None:
    silent = [
        (path, way)
        for path, ways in told["seen"].items()
        for way in ways
        if way.startswith("none") and len(way) < 12
    ]
    assert silent == []
    assert len(told["seen"]) > 55


def test_no_hostile_file_makes_qt_complain(told) -> None:
    assert told["said"] == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("huge.png", "60,000 × 60,000"), ("svg/entity.svg", "declares entities"),
        ("svg/laughs.svg", "declares entities"), ("svg/uses.svg", "draws more than"),
        ("svg/loop.svg", "uses itself"), ("svg/deep.svg", "nested deeper"),
        ("tree/deep.json", "nested too deeply"), ("tree/wide.json", "200,000 values"),
        ("tree/alias.yaml", "anchor or alias"), ("tree/tag.yaml", "tag"),
        ("table/objects.npy", "never loaded"), ("table/lies.npy", "disagree"),
        ("svg/http.svg", "Left out"), ("svg/script.svg", "script"),
    ],
)  # fmt: skip
def test_threats_32_36_39_what_is_refused_says_why(told, path: str, words: str) -> None:
    assert any(words in way for way in told["seen"][path]), told["seen"][path]


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_threat_37_no_character_of_a_line_hides_or_turns(text: str) -> None:
    shown = visible_line(text)
    assert all(each.isprintable() or each == "\t" for each in shown)


@settings(max_examples=100, deadline=None)
@given(st.binary())
def test_any_bytes_are_lines_that_can_be_shown(data: bytes) -> None:
    for line in visible_lines(data):
        assert all(each.isprintable() or each == "\t" for each in line)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<g>", "</g>", "<use href='#a'/>", "<image href='/etc/passwd'/>", "<script>x</script>",
             "<style>@import 'x'</style>", "<rect fill='url(http://x/)'/>", "<a href='x'>", "&lt;",
             "<rect onload='x()' width='9'/>", "<!-- x -->", "text", "</a>", "<text>t</text>"]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_whatever_an_svg_holds_its_copy_names_nothing_outside(parts: list[str]) -> None:
    body = "".join(parts)
    try:
        cleaned, _ = clean_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>'.encode())
    except NotDrawable:
        return
    text = cleaned.decode()
    for word in ("<image", "<script", "@import", "url(http", "onload", "/etc/passwd", "<a"):
        assert word not in text
