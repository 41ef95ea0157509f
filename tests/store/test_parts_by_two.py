# SPDX-License-Identifier: Apache-2.0
"""Two programs put one large file together: neither may write into what the other has finished."""

import errno
import hashlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import Untrusted
from strongroom.domain.parts import Part
from strongroom.store.publish import Source
from strongroom.store.publish_parts import publish_parts
from support.no_internet import GUARDED

PIECES = [bytes([65 + number]) * 65_536 for number in range(4)]
DATA = b"".join(PIECES)
NAME = hashlib.sha256(DATA).hexdigest()
FILE = ArtifactFile(
    path="weights.bin", size_bytes=len(DATA), sha256=NAME,
    parts=tuple(hashlib.sha256(piece).hexdigest() for piece in PIECES),
)  # fmt: skip
PROGRAM = """
import hashlib, io, sys
from contextlib import contextmanager
from pathlib import Path
from strongroom.domain.artifact import ArtifactFile
from strongroom.store.publish_parts import publish_parts
pieces = [bytes([65 + number]) * 65_536 for number in range(4)]
data = b"".join(pieces)
name = hashlib.sha256(data).hexdigest()
file = ArtifactFile(path="weights.bin", size_bytes=len(data), sha256=name,
                    parts=tuple(hashlib.sha256(piece).hexdigest() for piece in pieces))
@contextmanager
def wait_and_open(part):
    print("wants", part.offset // 65_536, flush=True)
    if not sys.stdin.readline():
        sys.exit("stopped")
    yield io.BytesIO(data[part.offset:part.offset + part.size_bytes])
is_new = publish_parts(Path(sys.argv[1]), f"{name[:2]}/{name}", file, wait_and_open)
print("new", is_new, flush=True)
"""


class Program:
    """A program that puts the file together and waits for a word before each part."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": GUARDED},
        )  # fmt: skip
        self.said = self._hear()

    def go_on(self) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.said = self._hear()
        return self.said

    def go_on_to_the_end(self) -> str:
        while self.said.startswith("wants"):
            self.go_on()
        return self.said

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "blobs").mkdir()
    return tmp_path / "blobs"


@pytest.fixture
def start(root: Path) -> Iterator[Callable[[], Program]]:
    """Starts programs that put the file together, and ends them with the test."""
    started: list[Program] = []

    def one_more() -> Program:
        started.append(Program(root))
        return started[-1]

    yield one_more
    for program in started:
        program.kill()


@contextmanager
def open_part(part: Part) -> Iterator[Source]:
    yield io.BytesIO(DATA[part.offset : part.offset + part.size_bytes])


def put(root: Path) -> bool:
    return publish_parts(root, f"{NAME[:2]}/{NAME}", FILE, open_part)


def there(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_10_a_second_program_never_cuts_off_what_the_first_one_has_finished(
    root: Path, start: Callable[[], Program]
) -> None:
    first = start()
    assert first.go_on() == "wants 1"
    assert first.go_on() == "wants 2"
    second = start()  # begins while half of it lies there
    assert first.go_on_to_the_end() == "new True"
    final = root / NAME[:2] / NAME
    assert final.read_bytes() == DATA
    while second.said.startswith("wants"):
        assert final.read_bytes() == DATA, "it was whole, and a reader may be in it"
        second.go_on()
    assert second.said == "new False"
    assert there(root) == {NAME: DATA}


def test_a_program_that_was_killed_leaves_its_parts_to_the_next_one(
    root: Path, start: Callable[[], Program]
) -> None:
    killed = start()
    killed.go_on()
    killed.go_on()
    killed.kill()
    next_one = start()
    assert next_one.said == "wants 2", "nobody has it any more"
    assert next_one.go_on_to_the_end() == "new True"
    assert there(root) == {NAME: DATA}


def test_a_program_that_was_stopped_holds_up_nobody(
    root: Path, start: Callable[[], Program]
) -> None:
    stopped = start()
    stopped.go_on()
    assert put(root)
    assert (root / NAME[:2] / NAME).read_bytes() == DATA
    assert stopped.go_on_to_the_end() == "new False"
    assert there(root) == {NAME: DATA}


def test_a_crash_between_link_and_unlink_leaves_nothing_for_long(root: Path) -> None:
    put(root)
    final = root / NAME[:2] / NAME
    aside = final.with_name(f"{NAME}.unfinished")
    aside.hardlink_to(final)
    assert not put(root)
    assert there(root) == {NAME: DATA}
    aside.hardlink_to(final)
    flipped = bytearray(DATA)
    flipped[150_000] ^= 1
    final.write_bytes(flipped)  # a bit fell over on this disk; a reader may have it open
    with final.open("rb") as reader:
        assert put(root)
        assert reader.read() == bytes(flipped), "it steps aside as it is"
    assert there(root) == {NAME: DATA, f".{NAME}.bad": bytes(flipped)}


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_takes_it_all_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def no_locks(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("strongroom.disk.descriptor_lock._lock", no_locks)
    assert put(root)
    assert (root / NAME[:2] / NAME).read_bytes() == DATA


def test_a_share_that_lies_about_inode_numbers_takes_it_all_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "samestat", lambda one, other: False)
    assert put(root)
    assert (root / NAME[:2] / NAME).read_bytes() == DATA


def test_parts_that_do_not_make_the_file_leave_nothing_of_it(root: Path) -> None:
    liar = ArtifactFile(
        path="weights.bin", size_bytes=len(DATA), sha256="ab" * 32,
        parts=FILE.parts,
    )  # fmt: skip
    with pytest.raises(Untrusted, match="E-HASH"):
        publish_parts(root, f"ab/{'ab' * 32}", liar, open_part)
    assert there(root) == {}
