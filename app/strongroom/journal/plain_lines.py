# SPDX-License-Identifier: Apache-2.0
"""The plain journal: one JSON object a line, for programs in any language (format.md).

* The first member of a line that names a kind says what the line is; every other member has one
  meaning and one type. What is not allowed is refused with the reason, never guessed at.
* A line counts when its line feed is there. A line may carry the CRC-32 of what stands before its
  last member; where it does, a changed byte is told as such.
* Needs the standard library only.
"""

import errno
import json
import math
import os
import re
import stat
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from strongroom.domain.artifact import check_path
from strongroom.domain.canonical import JsonValue, check_nesting
from strongroom.domain.errors import Untrusted
from strongroom.domain.ids import is_digest, is_run_id
from strongroom.domain.metric import MAX_STEP, MIN_STEP, is_name
from strongroom.journal.layout import MAX_BODY_BYTES, Header, Kind, plain

PLAIN_SUFFIX = ".jsonl"
PLAIN_VERSION = 1
MAX_LINE_BYTES = MAX_BODY_BYTES  # as one record of the binary journal
MAX_NUMBER_CHARACTERS = 64  # the longest double has 24; a longer one only costs time
MAX_PLAIN_BYTES = 512 << 20  # some eight million points; more belongs into the binary journal
STATUSES = ("FINISHED", "FAILED", "KILLED")
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_CHECKED = re.compile(rb',"crc":"([0-9a-f]{8})"\}$')
# What most lines are, spelled as most programs spell it; anything else takes the long road.
_USUAL = re.compile(
    rb'\{"metric":"([^"\\\x00-\x1f]{1,256})"'
    rb',"value":(-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,24})?(?:[eE][+-]?[0-9]{1,3})?)'
    rb'(?:,"step":(0|-?[1-9][0-9]{0,17}))?(?:,"time":(0|-?[1-9][0-9]{0,17}))?'
    rb'(,"crc":"([0-9a-f]{8})")?\}\r?\n?'
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_READ = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _READ |= getattr(os, _flag, 0)

Body = dict[str, JsonValue]


class BadLine(Exception):
    """Says why a line is not taken: a code such as ``E-FORMAT``, and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Point:
    """A line that says a number: metric, value, step, and its time if it gives one."""

    key: str
    value: float
    step: int
    time_us: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """A line that says anything else, in the words of the binary journal's record."""

    kind: Kind
    body: Body


def open_plain(path: Path) -> BinaryIO:
    """Opens a plain journal for reading; a link, a pipe or a device in its place is none.

    Raises:
        Untrusted: ``E-PATH`` if it is no plain file.
        OSError: If it cannot be opened.
    """
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise _no_journal("E-PATH", f"{path.name} is a link") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_journal("E-PATH", f"{path.name} is no plain file")
    return os.fdopen(descriptor, "rb")


def plain_line(members: Mapping[str, JsonValue]) -> bytes:
    """Returns a line with its checksum and its line feed.

    Raises:
        ValueError: If it is longer than `MAX_LINE_BYTES`, or no JSON.
        UnicodeEncodeError: If it holds half of a character, as names of files may.
    """
    text = json.dumps(plain(dict(members)), separators=(",", ":"), ensure_ascii=False)
    head = text[:-1].encode()
    data = head + b',"crc":"%08x"}\n' % zlib.crc32(head)
    if len(data) > MAX_LINE_BYTES:
        raise ValueError(f"a line of {len(data):,} bytes where {MAX_LINE_BYTES:,} are allowed")
    return data


def header_line(header: Header, program: str) -> bytes:
    """Returns the first line of a plain journal."""
    members: Body = {"plain": PLAIN_VERSION, "run_id": header.run_id, "created": header.created_us}
    if header.pid:
        members |= {"pid": header.pid, "boot_id": header.boot_id}
    return plain_line(members | {"program": program})


def read_plain_header(stream: BinaryIO) -> Header:
    """Reads the first line of a plain journal; the stream stands behind it afterwards.

    Raises:
        Untrusted: ``E-FORMAT``, or ``E-HASH`` if its checksum differs.
    """
    data = stream.readline(MAX_LINE_BYTES + 1)
    if not data.endswith(b"\n"):
        raise _no_journal("E-FORMAT", "its first line is not complete")
    return parse_plain_header(data)


def parse_plain_header(data: bytes) -> Header:
    """Returns what the first line of a plain journal says.

    Raises:
        Untrusted: ``E-FORMAT``, or ``E-HASH`` if its checksum differs.
    """
    if data.startswith(_BYTE_ORDER_MARK):
        raise _no_journal("E-FORMAT", "it begins with a byte order mark; write UTF-8 without one")
    try:
        return _header(_members(data))
    except BadLine as error:
        raise _no_journal(error.code, error.detail) from error


def parse_line(data: bytes) -> Point | Said | None:
    """Returns what a line says; None for a line that is for others.

    Raises:
        BadLine: If it is not allowed.
    """
    return _usual_point(data) or parse_any_line(data)


def parse_any_line(data: bytes) -> Point | Said | None:
    """Returns what `parse_line` does, without its short cut.

    Raises:
        BadLine: If it is not allowed.
    """
    found = _members(data)
    for name in found:
        read = _READERS.get(name)
        if read is not None:
            return read(found)
        if name.startswith("x-"):
            return None
        break
    known = ", ".join(_READERS)
    raise BadLine("E-FORMAT", f"it does not begin with one of {known}")


def ends_the_file(data: bytes) -> bool:
    """Whether the last whole line of these bytes is an end: what follows it in its file is void."""
    lines = data[: data.rfind(b"\n")].rsplit(b"\n", 1)
    try:
        said = parse_line(lines[-1])
    except BadLine:
        return False
    return isinstance(said, Said) and said.kind is Kind.END


def _usual_point(data: bytes) -> Point | None:
    """Returns the point of a line in the usual spelling; None where the long road has to judge."""
    usual = _USUAL.fullmatch(data)
    if usual is None:
        return None
    key, value, step, time_us, tail, checksum = usual.groups()
    if tail and zlib.crc32(data[: usual.start(5)]) != int(checksum, 16):
        return None
    try:
        name, number = key.decode(), float(value)
    except UnicodeDecodeError:
        return None
    if math.isinf(number):
        return None
    return Point(name, number, int(step or 0), int(time_us) if time_us else None)


# ---------------------------------------------------------------- one kind of line each


def _header(found: Body) -> Header:
    version = found.get("plain")
    if version != PLAIN_VERSION or isinstance(version, bool):
        raise BadLine("E-FORMAT", f"its first line names the version {str(version)[:20]}, not 1")
    _only(found, {"plain", "run_id", "created"}, {"pid", "boot_id", "program"})
    run_id, boot = found["run_id"], _text(found, "boot_id", "")
    if not isinstance(run_id, str) or not is_run_id(run_id):
        raise BadLine("E-FORMAT", "its run_id is none")
    _text(found, "program", "")
    pid = _whole(found, "pid", 0, 0, 0xFFFF_FFFF)
    return Header(
        run_id=run_id,
        writer="",
        pid=pid,
        created_us=_whole(found, "created", 0, 0, MAX_STEP),
        boot_id=boot[:12],
        says_alive=pid == 0 or not boot,
    )


def _point(found: Body) -> Point:
    _only(found, {"metric", "value"}, {"step", "time"})
    value = found["value"]
    if isinstance(value, str) and value in _WORDS:
        value = _WORDS[value]
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise BadLine("E-FORMAT", 'a value is a number, "NaN", "Infinity" or "-Infinity"')
    time_us = _whole(found, "time", 0, MIN_STEP, MAX_STEP) if "time" in found else None
    return Point(
        _name(found, "metric"), float(value), _whole(found, "step", 0, MIN_STEP, MAX_STEP), time_us
    )


def _param(found: Body) -> Said:
    _only(found, {"param", "value"}, set())
    return Said(Kind.PARAM, {"key": _name(found, "param"), "value": found["value"]})


def _tag(found: Body) -> Said:
    _only(found, {"tag", "value"}, set())
    value = found["value"]
    if value is not None and not isinstance(value, str):
        raise BadLine("E-FORMAT", "a tag's value is text, or null to remove the tag")
    return Said(Kind.TAG, {"key": _name(found, "tag"), "value": value})


def _note(found: Body) -> Said:
    _only(found, {"note"}, {"time"})
    return Said(Kind.NOTE, {"text": _text(found, "note"), **_time(found)})


def _input(found: Body) -> Said:
    _only(found, {"input"}, set())
    facts = found["input"]
    if not isinstance(facts, dict) or not is_name(facts.get("name")):
        raise BadLine("E-FORMAT", "an input is an object with a name")
    if not all(isinstance(value, str) for value in facts.values()):
        raise BadLine("E-FORMAT", "the facts of an input are texts")
    return Said(Kind.INPUT, facts)


def _artifact(found: Body) -> Said:
    _only(found, {"artifact", "size", "sha256"}, set())
    path, sha256 = _text(found, "artifact"), found["sha256"]
    try:
        check_path(path)
    except Untrusted as error:
        raise BadLine("E-PATH", error.title) from error
    if not isinstance(sha256, str) or not is_digest(sha256):
        raise BadLine("E-FORMAT", "a sha256 has 64 lower-case hexadecimal digits")
    size = _whole(found, "size", 0, 0, MAX_STEP)
    return Said(Kind.ARTIFACT, {"path": path, "size": size, "sha256": sha256, "at": "obj"})


def _status(found: Body) -> Said:
    _only(found, {"status"}, {"time"})
    if found["status"] != "RUNNING":
        raise BadLine("E-FORMAT", 'a status is RUNNING; a run ends with "end"')
    return Said(Kind.STATUS, {"status": "RUNNING", **_time(found)})


def _heartbeat(found: Body) -> Said:
    _only(found, {"heartbeat"}, set())
    time_us = _whole(found, "heartbeat", 0, MIN_STEP, MAX_STEP)
    return Said(Kind.HEARTBEAT, {"time": time_us})


def _end(found: Body) -> Said:
    _only(found, {"end"}, {"time", "lost"})
    if found["end"] not in STATUSES:
        raise BadLine("E-FORMAT", f"a run ends {', '.join(STATUSES)}")
    lost = found.get("lost", {})
    if not isinstance(lost, dict) or not all(type(count) is int for count in lost.values()):
        raise BadLine("E-FORMAT", "lost counts by cause")
    return Said(Kind.END, {"status": found["end"], "lost": lost, **_time(found)})


_READERS: dict[str, Callable[[Body], Point | Said]] = {
    "metric": _point,
    "param": _param,
    "tag": _tag,
    "note": _note,
    "input": _input,
    "artifact": _artifact,
    "status": _status,
    "heartbeat": _heartbeat,
    "end": _end,
}


# ---------------------------------------------------------------- members and their types


def _members(data: bytes) -> Body:
    """Returns the members of a line after holding its checksum, if it has one, against it."""
    checked = _CHECKED.search(data.rstrip(b"\r\n"))
    if checked is not None:
        head = data[: checked.start()]
        if zlib.crc32(head) != int(checked[1], 16):
            raise BadLine("E-HASH", "it was changed after it was written: its checksum differs")
        data = head + b"}"
    try:
        check_nesting(data)
        found = _JSON.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine("E-FORMAT", "it is not UTF-8") from error
    except Untrusted as error:
        raise BadLine("E-FORMAT", "it is nested too deeply") from error
    except (ValueError, RecursionError) as error:
        raise BadLine("E-FORMAT", f"it is no JSON of ours: {_first_words(error)}") from error
    if not isinstance(found, dict):
        raise BadLine("E-FORMAT", "it is no JSON object")
    if b"\\u" in data and b"\\ud" in data.lower() and not _is_whole(found):
        raise BadLine("E-FORMAT", "it holds half of a character")
    return found


def _only(found: Body, needed: set[str], allowed: set[str]) -> None:
    missing = sorted(needed - found.keys())
    if missing:
        raise BadLine("E-FORMAT", f"it lacks {', '.join(missing)}")
    more = sorted(found.keys() - needed - allowed)
    if more:
        raise BadLine("E-FORMAT", f"it has members nobody knows: {', '.join(more)[:80]}")


def _name(found: Body, member: str) -> str:
    name = found[member]
    if not isinstance(name, str) or not is_name(name):
        raise BadLine("E-FORMAT", f"a {member} has a name of 1 to 1,024 bytes")
    return name


def _text(found: Body, member: str, absent: str | None = None) -> str:
    text = found.get(member, absent)
    if not isinstance(text, str):
        raise BadLine("E-FORMAT", f"{member} is text")
    return text


def _whole(found: Body, member: str, absent: int, least: int, most: int) -> int:
    number = found.get(member, absent)
    if type(number) is not int or not least <= number <= most:
        raise BadLine("E-FORMAT", f"{member} is a whole number of {least} to {most}")
    return number


def _time(found: Body) -> Body:
    if "time" not in found:
        return {}
    return {"time": _whole(found, "time", 0, MIN_STEP, MAX_STEP)}


def _is_whole(value: JsonValue) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> Body:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a member stands twice")
    return result


def _integer(text: str) -> int | float:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise ValueError("a number is too long")
    return -0.0 if text == "-0" else int(text)


def _float(text: str) -> float:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise ValueError("a number is too long")
    value = float(text)
    if math.isinf(value):
        raise ValueError('a number is larger than any double; infinity is "Infinity"')
    return value


def _constant(text: str) -> NoReturn:
    raise ValueError(f'{text} is no JSON; write it as a text: "{text}"')


def _first_words(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


def _no_journal(code: str, why: str) -> Untrusted:
    return Untrusted(
        code,
        f"A plain journal cannot be read: {why}",
        "strongroom intake check names each line that is not as docs/reference/format.md says.",
    )


_JSON = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
