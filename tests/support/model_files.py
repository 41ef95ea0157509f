# SPDX-License-Identifier: Apache-2.0
"""Packaged models for the inspection tests: real ones, and hostile ones written by hand."""

import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping

from strongroom.domain.artifact import ArtifactFile
from strongroom.models.inspection import Inspection, inspect


def inspect_bytes(files: Mapping[str, bytes]) -> Inspection:
    """Inspects a tree that lies in memory."""
    listed = [
        ArtifactFile(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in files.items()
    ]
    return inspect(listed, lambda file: io.BytesIO(files[file.path]))


def zipped(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Returns a zip archive of some members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def text(value: str) -> bytes:
    """Returns the opcode of a short string."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def field(number: int, value: bytes | int) -> bytes:
    """Returns one protocol-buffer field."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def onnx_model(*, domain: str = "", location: str = "") -> bytes:
    """Returns a small ONNX model with one node and one tensor."""
    tensor = field(8, b"weights") + field(9, struct.pack("<4f", 1, 2, 3, 4))
    if location:
        tensor = field(8, b"weights")
        tensor += field(13, field(1, b"location") + field(2, location.encode()))
    node = field(1, b"x") + field(2, b"y") + field(4, b"Relu") + field(7, domain.encode())
    graph = field(1, node) + field(2, b"graph") + field(5, tensor)
    return field(1, 9) + field(2, b"test") + field(7, graph) + field(8, field(2, 18))


def safetensors(header: bytes, body: bytes) -> bytes:
    """Returns a safetensors file with a given header text."""
    return struct.pack("<Q", len(header)) + header + body


def hostile_pickles(command: str) -> dict[str, bytes]:
    """Returns pickles that run a shell command when they are loaded, or try to, by name."""
    quoted = command.encode()
    short = text(command)
    system = b"cos\nsystem\n"
    argument = b"(S'" + quoted + b"'\n"
    stack_system = text("os") + text("system") + b"\x93"
    frame = b"\x80\x04"
    return {
        "global-reduce-0": system + argument + b"tR.",
        "global-reduce-posix": b"cposix\nsystem\n" + argument + b"tR.",
        "inst": b"(S'" + quoted + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'" + quoted + b"'\no.",
        "eval": b'c__builtin__\neval\n(S\'__import__("os").system("' + quoted + b"\")'\ntR.",
        "exec-proto3": b"\x80\x03cbuiltins\nexec\nX\x04\x00\x00\x00pass\x85R.",
        "stack-global": frame + stack_system + short + b"\x85R.",
        "stack-global-memoised": frame
        + text("os")
        + b"\x94"
        + text("system")
        + b"\x940h\x00h\x01\x93"
        + short
        + b"\x85R.",
        "stack-global-long-put": frame
        + text("os")
        + b"r\x00\x01\x00\x000"
        + text("system")
        + b"q\x050j\x00\x01\x00\x00h\x05\x93"
        + short
        + b"\x85R.",
        "stack-global-far-apart": frame
        + text("os")
        + b"\x940"
        + b"K\x010" * 5000
        + b"h\x00"
        + text("system")
        + b"\x93"
        + short
        + b"\x85R.",
        "stack-global-dup": frame + text("code") + b"2\x93.",
        "computed-name": frame + b"K\x01" + text("system") + b"\x93" + short + b"\x85R.",
        "dotted-name": frame
        + text("numpy")
        + text("f2py.crackfortran.myeval")
        + b"\x93"
        + text("1")
        + b"\x85R.",
        "newobj-popen": frame
        + text("subprocess")
        + text("Popen")
        + b"\x93"
        + b"]"
        + text("/bin/sh")
        + b"a"
        + text("-c")
        + b"a"
        + short
        + b"a\x85\x81.",
        "newobj-ex-popen": frame
        + text("subprocess")
        + text("Popen")
        + b"\x93"
        + short
        + b"\x85}"
        + text("shell")
        + b"\x88s\x92.",
        "build-on-global": b"\x80\x02ccollections\nOrderedDict\n}X\x01\x00\x00\x00aK\x01sb.",
        "build-slots": b"\x80\x02ccollections\nOrderedDict\n)RN}X\x01\x00\x00\x00aK\x01s\x86b.",
        "append-to-global": b"\x80\x02cos\nenviron\nK\x01a.",
        "setitem-on-global": b"\x80\x02cos\nenviron\nX\x01\x00\x00\x00AX\x01\x00\x00\x00Bs.",
        "nested-loads": b"\x80\x03c_pickle\nloads\nC\x08cos\nsystR\x85R.",
        "nested-numpy-load": frame + text("numpy") + text("load") + b"\x93" + short + b"\x85R.",
        "getattr-chain": b"c__builtin__\ngetattr\n(c__builtin__\n__import__\n(S'os'\n"
        b"tRS'system'\ntR(S'" + quoted + b"'\ntR.",
        "apply": b"c__builtin__\napply\n(cos\nsystem\n(S'" + quoted + b"'\nttR.",
        "runpy": b"crunpy\nrun_path\n(S'/tmp/x.py'\ntR.",
        "webbrowser": b"cwebbrowser\nopen\n(S'http://x'\ntR.",
        "code-then-broken": system + argument + b"tR" + b"\xff\xff\xff",
        "broken-then-code": b"}q\x00" + system + argument + b"tR" + b"\x00",
        "no-stop": system + argument + b"tR",
        "data-then-second-pickle": b"\x80\x02}q\x00." + system + argument + b"tR.",
        "code-dropped": b"\x80\x02" + system + argument + b"tR0}.",
        "code-under-mark": b"\x80\x02(" + system + argument + b"tR1}.",
        "extension": b"\x80\x02\x82\x01.",
        "persistent": b"\x80\x02X\x01\x00\x00\x00aQ.",
        "codec": b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00zip\x86R.",
        "escaped-name": b"ccollections\nOrdered\\x44ict\n)R.",
        "wide-name": frame + b"\x8d" + struct.pack("<Q", 2) + b"os" + text("system") + b"\x93.",
        "frame-cut-short": frame
        + b"\x95"
        + struct.pack("<Q", 3)
        + stack_system
        + short
        + b"\x85R.",
        "defaultdict-factory": b"\x80\x02ccollections\ndefaultdict\ncos\ngetcwd\n\x85R.",
        "object-reduce": b"\x80\x02ccopy_reg\n_reconstructor\nc__main__\nX\n"
        b"c__builtin__\nobject\nN\x87R.",
    }


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
