# SPDX-License-Identifier: Apache-2.0
"""Files that expand or ask for memory are refused in seconds, in a process of a known size."""

import bz2
import json
import lzma
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from strongroom.models.bounded import MAX_EXPANDED_BYTES
from support.no_internet import GUARDED

MAX_RSS_BYTES = 300 << 20
MAX_SECONDS = 15.0  # CPU; 5 are promised on an idle machine, and a busy one counts double
ZEROS = bytes(1 << 20)
COUNT = (MAX_EXPANDED_BYTES >> 20) + 64
LOOKING = """
import json, sys, time
from pathlib import Path
from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import StrongroomError
from strongroom.models.inspection import inspect
folder = Path(sys.argv[1])
files = [ArtifactFile(path=p.name, size_bytes=p.stat().st_size, sha256="0" * 64)
         for p in sorted(folder.iterdir())]
begun = time.process_time()
try:
    said = inspect(files, lambda file: (folder / file.path).open("rb")).format_risk
except StrongroomError as error:
    said = error.code
status = Path("/proc/self/status").read_text()  # ru_maxrss would count the parent's memory too
peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps([said, time.process_time() - begun, peak]))
"""


def greedy_header() -> bytes:
    tensors = b",".join(
        b'"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}' % index for index in range(250_000)
    )
    return struct.pack("<Q", len(tensors) + 2) + b"{" + tensors + b"}"


GREEDY = {
    "bz2 length": lambda: bz2.compress(b"\x80\x04\x8e" + struct.pack("<Q", 2**62)),
    "pickle length": lambda: b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + ZEROS,
    "opcodes": lambda: b"\x80\x04" + b"K\x01" * 10_000_000 + b".",
    "memo": lambda: b"\x80\x04N" + b"r\1\2\3\0\x94" * 2_000_000 + b".",
    "strings": lambda: b"\x80\x04" + (b"\x8c\xff" + b"x" * 255) * 200_000 + b".",
    "zip directory": lambda: (
        b"PK\x03\x04"
        + ZEROS * 64
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 64 << 20, 4, 0)
    ),
    "safetensors header": greedy_header,
}


def look_at(folder: Path) -> tuple[str, float, int]:
    """Inspects a folder in a process of its own: what it said, CPU seconds, peak bytes."""
    done = subprocess.run(
        [sys.executable, "-c", LOOKING, str(folder)],
        env={**os.environ, "PYTHONPATH": GUARDED},
        capture_output=True,
        check=True,
        timeout=60,
    )
    said, seconds, peak = json.loads(done.stdout)
    return said, seconds, peak


def endless_gzip(head: bytes, piece: bytes) -> bytes:
    """Returns a gzip stream of a head and `COUNT` equal pieces; it has no end."""
    packer = zlib.compressobj(1, wbits=31)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + (packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)) * COUNT


def write_bomb(folder: Path, kind: str) -> None:
    if kind == "gzip":
        head = b"\x80\x04\x8e" + struct.pack("<Q", COUNT << 20)
        (folder / "model.pkl.gz").write_bytes(endless_gzip(head, ZEROS))
    elif kind == "gzip of text":
        (folder / "a.csv.gz").write_bytes(endless_gzip(b"a,b\n", b"1,2\n" * (1 << 18)))
    elif kind == "xz":
        packed = lzma.LZMACompressor(preset=0)
        (folder / "m.xz").write_bytes(
            packed.compress(b"\x80\x04\x8e" + struct.pack("<Q", COUNT << 20))
            + b"".join(packed.compress(ZEROS) for _ in range(COUNT))
            + packed.flush()
        )
    elif kind == "zip":
        write_zip(folder / "model.npz", COUNT)
    elif kind == "many zips":
        write_zip(folder / "0.npz", COUNT // 8 + 8)
        for index in range(1, 8):
            (folder / f"{index}.npz").write_bytes((folder / "0.npz").read_bytes())
    else:
        (
            folder
            / {"zip directory": "m.zip", "safetensors header": "m.safetensors"}.get(kind, "m.pkl")
        ).write_bytes(GREEDY[kind]())


def write_zip(path: Path, count: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w", force_zip64=True) as member:
            for _ in range(count):
                member.write(b"a\n" * (1 << 19))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("gzip", "E-BOMB"),
        ("gzip of text", "E-BOMB"),
        ("xz", "E-BOMB"),
        ("zip", "E-BOMB"),
        ("many zips", "E-BOMB"),
        ("bz2 length", "unknown"),
        ("pickle length", "unknown"),
        ("opcodes", "unknown"),
        ("memo", "unknown"),
        ("strings", "data-only"),
        ("zip directory", "E-SIZE"),
        ("safetensors header", "data-only"),
    ],
)
def test_5_a_bomb_is_refused_in_seconds_and_in_little_memory(
    kind: str, expected: str, tmp_path: Path
) -> None:
    write_bomb(tmp_path, kind)
    said, seconds, peak = look_at(tmp_path)
    assert said == expected
    assert seconds < MAX_SECONDS
    assert peak < MAX_RSS_BYTES
