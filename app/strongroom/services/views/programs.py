# SPDX-License-Identifier: Apache-2.0
"""Files that could run something when loaded: what loading would do, instruction by instruction.

* The verdict is the one of the registry's inspection. Nothing is loaded or unpacked to disk.
* Instructions are listed as they stand, up to `MAX_OPCODES`; bytes of arrays end the list.
"""

import pickletools
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from strongroom.domain.errors import Untrusted
from strongroom.models.bounded import BoundedStream, Budget
from strongroom.models.risk import classify_file
from strongroom.models.verdict import CODE_ON_LOAD, DATA_ONLY, shown
from strongroom.services.views.shapes import Opcode, ProgramView
from strongroom.services.views.visible import visible_cell

MAX_OPCODES = 5_000
MAX_PICKLE_BYTES = 8 << 20  # of one member that is listed
MAX_MEMBERS = 1_000
MAX_PICKLES = 8  # members that are listed
_ACTS = frozenset(
    ["GLOBAL", "STACK_GLOBAL", "INST", "REDUCE", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD",
     "EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID"]
)  # fmt: skip
_DAMAGE = (
    ValueError, AssertionError, IndexError, KeyError, OverflowError, EOFError, struct.error,
    zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, OSError, DeprecationWarning,
)  # fmt: skip
_SENTENCES = {
    DATA_ONLY: "Loading it takes values from it and runs nothing of it",
    CODE_ON_LOAD: "Loading it runs, or may run, what its author wrote",
}


def program(file: BinaryIO, size: int, path: str) -> ProgramView:
    """Returns the verdict about a file, its instructions and, of an archive, its members.

    Raises:
        Untrusted: ``E-BOMB`` or ``E-SIZE`` if it asks for more than any honest file.
    """
    try:
        verdict = classify_file(path, file, size, Budget())
        risk, reason = verdict.risk, verdict.reason
    except Untrusted as error:
        risk, reason = "unknown", f"{error.title}"
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    members: tuple[tuple[str, int], ...] = ()
    note = ""
    opcodes: list[Opcode] = []
    if head.startswith(b"PK\x03\x04"):
        members, opcodes, note = _archive(file)
    elif _may_be_pickle(path, head):
        data = BoundedStream(file).read(min(size, MAX_PICKLE_BYTES))
        opcodes, note = _listed(data, "", MAX_OPCODES)
    sentence = _SENTENCES.get(risk, "Nobody here can tell what loading it would do")
    return ProgramView(
        risk=risk,
        sentence=f"{sentence}: {visible_cell(reason)}.",
        opcodes=tuple(opcodes),
        members=members,
        note=note,
    )


def _archive(file: BinaryIO) -> tuple[tuple[tuple[str, int], ...], list[Opcode], str]:
    found: list[Opcode] = []
    note = ""
    try:
        with zipfile.ZipFile(BoundedStream(file)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            members = tuple(
                (visible_cell(entry.filename), entry.file_size) for entry in entries[:MAX_MEMBERS]
            )
            pickles = [entry for entry in entries if entry.filename.endswith((".pkl", ".pickle"))]
            for entry in pickles[:MAX_PICKLES]:
                with archive.open(entry) as member:
                    data = member.read(MAX_PICKLE_BYTES)
                more, note = _listed(data, entry.filename, MAX_OPCODES - len(found))
                found += more
            if len(entries) > MAX_MEMBERS:
                note = f"Of {len(entries):,} members the first {MAX_MEMBERS:,} are listed."
    except _DAMAGE as error:
        return (), found, f"The archive cannot be read further: {shown(str(error), 80)}."
    return members, found, note


def _listed(data: bytes, member: str, most: int) -> tuple[list[Opcode], str]:
    found: list[Opcode] = []
    try:
        for opcode in _opcodes(data, visible_cell(member)):
            if len(found) >= most:
                return found, f"The first {most:,} instructions are listed."
            found.append(opcode)
    except _DAMAGE as error:
        words = shown(str(error), 80) or type(error).__name__
        return found, f"The list ends at byte {_end(found):,}: {words}."
    return found, ""


def _opcodes(data: bytes, member: str) -> Iterator[Opcode]:
    recent: list[str] = []  # texts on their way to STACK_GLOBAL
    for opcode, argument, position in pickletools.genops(data):
        words = _argument(argument)
        if isinstance(argument, str) and opcode.name.endswith(("UNICODE", "UNICODE8", "STRING")):
            recent = [*recent[-1:], words]
        elif opcode.name == "STACK_GLOBAL":
            words = ".".join(recent)
        yield Opcode(
            member=member,
            position=position or 0,
            name=opcode.name,
            argument=words,
            acts=opcode.name in _ACTS,
        )


def _argument(argument: object) -> str:
    if argument is None:
        return ""
    if isinstance(argument, (bytes, bytearray)):
        return f"{len(argument):,} bytes"
    if isinstance(argument, int) and abs(argument) > 1 << 64:
        return f"a number of {argument.bit_length():,} bits"
    return visible_cell(argument if isinstance(argument, str) else str(argument))


def _end(found: list[Opcode]) -> int:
    return found[-1].position if found else 0


def _may_be_pickle(path: str, head: bytes) -> bool:
    if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return True
    return path.lower().endswith((".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle"))
