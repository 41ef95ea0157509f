# SPDX-License-Identifier: Apache-2.0
"""Walks the opcodes of a pickle as the unpickler would, with stack and memo, and runs nothing.

* A pickle is ``data-only`` when it is walked to its end and every global it names, every call
  and every BUILD is on the allow-list of `pickle_allowed`. Everything else is not.
* Names are followed through the memo: STACK_GLOBAL takes strings that may lie anywhere before it.
* What cannot be followed (a computed name, a damaged stream, bytes after the end) is never data.
"""

import pickletools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from strongroom.models import pickle_allowed as allowed
from strongroom.models.bounded import CHUNK_BYTES, BoundedStream, Budget
from strongroom.models.verdict import CODE_ON_LOAD, DATA_ONLY, UNKNOWN, Risk, Verdict, shown

MAX_LINE_BYTES = 16 << 20  # protocol 0 spells a whole array as one line
MAX_NAME_CHARACTERS = 256  # no module or class name is longer; other strings need no memory
MAX_LISTED = 32  # names shown to a person; the walk goes on without listing
READ_AHEAD_BYTES = 64 * 1024  # one read of the file for many opcodes
MAX_STREAMS = 64  # pickles one after another in a file; old torch files hold five


@dataclass(frozen=True, slots=True)
class _Named:
    """A global on the stack, by module and name."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class _Made:
    """What a call of an allowed global returned."""

    maker: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A tuple, as far as the rules look into it."""

    items: tuple[object, ...]


_VALUE: Final = object()  # numbers, bytes, long strings, None: nothing a rule asks about
_BOX: Final = object()  # a list, dict or set made by an opcode
_CALLS = frozenset(["REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"])
_BOXES = {"EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET"}
_MARKED_BOXES = {"LIST", "DICT", "FROZENSET"}
_FILLERS = {"APPENDS", "SETITEMS", "ADDITEMS"}
_STRINGS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"} | {
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_DAMAGE = (
    ValueError,
    AssertionError,
    IndexError,
    KeyError,
    OverflowError,
    struct.error,
    DeprecationWarning,  # pickletools about an unknown escape, where warnings are errors
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PickleReport:
    """What a walk found.

    ``named`` are all globals in order, ``refused`` those (and other acts) not on the allow-list,
    ``is_complete`` that the walk reached the end, ``has_call`` that something refused is called.
    """

    risk: Risk
    named: tuple[str, ...]
    refused: tuple[str, ...]
    is_complete: bool
    has_call: bool
    reason: str

    @property
    def verdict(self) -> Verdict:
        """The report as a verdict."""
        return Verdict(risk=self.risk, reason=self.reason)


def walk_pickle(stream: BoundedStream, budget: Budget) -> PickleReport:
    """Returns what loading the pickles in a stream would name and call.

    Raises:
        Untrusted: ``E-BOMB`` if the stream is packed and expands beyond its budget before
            anything was found in it.
    """
    walk = _Walk()
    source = _Source(stream)
    trouble = ""
    finished = 0
    try:
        while finished < MAX_STREAMS:
            walk.start()
            trouble = _walk_one(walk, source, budget)
            if trouble:
                break
            finished += 1
            if source.is_at_end():
                break
        else:
            trouble = f"more than {MAX_STREAMS} pickles in one file"
    except _DAMAGE as error:
        trouble = "bytes follow its end" if finished else f"damaged: {shown(str(error), 60)}"
    return _report(walk, trouble)


def _walk_one(walk: "_Walk", source: "_Source", budget: Budget) -> str:
    for name, argument in _opcodes(source):
        budget.opcodes -= 1
        if budget.opcodes < 0:
            return "too long to be walked to its end"
        walk.step(name, argument, source)
    return ""


def _opcodes(source: "_Source") -> Iterator[tuple[str, Any]]:
    stream: Any = source  # genops wants a file and uses only read and readline of it
    for opcode, argument, _ in pickletools.genops(stream):
        yield opcode.name, argument


def _report(walk: "_Walk", trouble: str) -> PickleReport:
    # names first, acts (which are sentences) after them
    refused = tuple(sorted(walk.refused, key=lambda what: " " in what))
    named = tuple(walk.named)
    risk = CODE_ON_LOAD if refused else UNKNOWN if trouble else DATA_ONLY
    if refused:
        more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
        reason = ", ".join(refused[:3]) + more
    else:
        reason = f"pickle {trouble}" if trouble else "pickle of plain data"
    return PickleReport(
        risk=risk,
        named=named,
        refused=refused,
        is_complete=not trouble,
        has_call=walk.has_call,
        reason=reason,
    )


class _Skipped(bytes):
    """Stands for bytes that were read over: it has their length and not their content."""

    length = 0

    def __len__(self) -> int:
        return self.length


class _Source:
    """The file as `pickletools.genops` reads it: bounded lines, large pieces read over."""

    def __init__(self, stream: BoundedStream) -> None:
        self._stream = stream
        self._ahead = b""
        self._at = 0
        self._is_second_line = False
        self.has_escape = False

    def read(self, size: int) -> bytes:
        """Returns ``size`` bytes; of more than `CHUNK_BYTES` only their length."""
        if size <= CHUNK_BYTES:
            return self._take(size)
        left = size
        while left > 0:
            part = self._take(min(left, CHUNK_BYTES))
            if not part:
                break
            left -= len(part)
        skipped = _Skipped()
        skipped.length = size - left
        return skipped

    def readline(self) -> bytes:
        """Returns the next line; remembers whether it or the line before held a backslash."""
        end = self._ahead.find(b"\n", self._at) + 1
        wanted = READ_AHEAD_BYTES
        while not end:
            if wanted > MAX_LINE_BYTES:
                raise ValueError("a line without an end")
            self._fill(wanted)
            end = self._ahead.find(b"\n", self._at) + 1
            wanted *= 4
        line = self._ahead[self._at : end]
        self._at = end
        self.has_escape = b"\\" in line or (self.has_escape and self._is_second_line)
        self._is_second_line = True
        return line

    def is_at_end(self) -> bool:
        """Returns whether no byte is left."""
        self._fill(1)
        return self._at == len(self._ahead)

    def _take(self, size: int) -> bytes:
        self._is_second_line = False
        if len(self._ahead) - self._at < size:
            self._fill(max(size, READ_AHEAD_BYTES))
        taken = self._ahead[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def _fill(self, size: int) -> None:
        missing = size - (len(self._ahead) - self._at)
        if missing > 0:
            self._ahead = self._ahead[self._at :] + self._stream.read(missing)
            self._at = 0


class _Walk:
    """The unpickler's stack, marks and memo, holding names instead of values."""

    def __init__(self) -> None:
        self.named: dict[str, None] = {}
        self.refused: dict[str, None] = {}
        self.has_call = False
        self.start()

    def start(self) -> None:
        """Forgets stack and memo, as the unpickler does at the start of a pickle."""
        self._stack: list[object] = []
        self._below: list[list[object]] = []
        self._memo: dict[int, object] = {}

    def step(self, name: str, argument: Any, source: _Source) -> None:  # noqa: ANN401 - by opcode
        """Follows one opcode.

        Raises:
            ValueError: If the unpickler would fail here.
        """
        if name in {"GLOBAL", "INST"} and source.has_escape:
            # pickletools undoes escapes in names and the unpickler does not: two readings
            self._refuse("a name with an escape in it")
        if name in _CALLS:
            self._call(name, argument)
        elif name in {"GLOBAL", "STACK_GLOBAL"}:
            self._name(name, argument)
        elif name in _STRINGS:
            self._push(argument if len(argument) <= MAX_NAME_CHARACTERS else _VALUE)
        elif name in _BOXES or name in _MARKED_BOXES or name in _FILLERS or name in _TUPLES:
            self._collect(name)
        elif not self._shuffle(name, argument):
            self._other(name)

    def _other(self, name: str) -> None:
        if name.startswith("EXT"):
            self._refuse("an entry of the copyreg extension registry")
            self._push(_VALUE)
        elif name in {"PERSID", "BINPERSID"}:
            if name == "BINPERSID":
                self._pop()
            self._refuse("a persistent id")
            self._push(_VALUE)
        elif name == "READONLY_BUFFER":
            self._top()
        elif name == "STOP":
            self._pop()
        elif name not in {"PROTO", "FRAME"}:
            self._push(_VALUE)  # every other opcode pushes a number, bytes, None, True or False

    def _shuffle(self, name: str, argument: Any) -> bool:  # noqa: ANN401 - by opcode
        if name == "MARK":
            self._below.append(self._stack)
            self._stack = []
        elif name == "POP" and not self._stack:
            self._marked()
        elif name == "POP":
            self._pop()
        elif name == "POP_MARK":
            self._marked()
        elif name == "DUP":
            self._push(self._top())
        elif name in {"PUT", "BINPUT", "LONG_BINPUT"}:
            self._memo[int(argument)] = self._top()
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = self._top()
        elif name in {"GET", "BINGET", "LONG_BINGET"}:
            self._push(self._memo[int(argument)])
        elif name == "TUPLE":
            self._push(_Row(tuple(self._marked()[:4])))
        else:
            return name in {"APPEND", "SETITEM"} and self._fill(1 if name == "APPEND" else 2)
        return True

    def _collect(self, name: str) -> None:
        if name in _BOXES:
            self._push(_BOX)
        elif name in _MARKED_BOXES:
            self._marked()
            self._push(_BOX)
        elif name in _TUPLES:
            items = [self._pop() for _ in range(_TUPLES[name])]
            self._push(_Row(tuple(reversed(items))))
        else:
            self._marked()
            self._fill(0)

    def _fill(self, count: int) -> bool:
        for _ in range(count):
            self._pop()
        target = self._top()
        # filling calls append, extend, add or __setitem__ of whatever lies there
        if target is not _BOX and not isinstance(target, _Made):
            self._refuse("filling something that is no container")
        return True

    def _name(self, opcode: str, argument: Any) -> None:  # noqa: ANN401 - by opcode
        if opcode == "GLOBAL":
            module, _, name = str(argument).partition(" ")
        else:
            last, first = self._pop(), self._pop()
            if not isinstance(last, str) or not isinstance(first, str):
                self._refuse("a computed name")
                self._push(_VALUE)
                return
            module, name = first, last
        self._push(self._found(module, name))

    def _found(self, module: str, name: str) -> _Named:
        listed = shown(f"{module}.{name}")
        if len(self.named) < MAX_LISTED:
            self.named[listed] = None
        if (module, name) not in allowed.ALLOWED:
            self._refuse(listed)
        return _Named(module, name)

    def _call(self, opcode: str, argument: Any) -> None:  # noqa: ANN401 - by opcode
        if opcode == "BUILD":
            self._pop()
            target = self._top()
            if not isinstance(target, _Made) or target.maker not in allowed.STATEFUL:
                self._refuse_call("BUILD on something else than an array")
            return
        if opcode == "INST":
            module, _, name = str(argument).partition(" ")
            arguments: object = _Row(tuple(self._marked()[:4]))
            target = self._found(module, name)
        elif opcode == "OBJ":
            items = self._marked()
            target, arguments = items[0], _Row(tuple(items[1:5]))
        else:
            if opcode == "NEWOBJ_EX" and self._pop() is not _BOX:
                self._refuse_call("keyword arguments that are no dict")
            arguments, target = self._pop(), self._pop()
        self._push(self._made(target, arguments))

    def _made(self, target: object, arguments: object) -> object:
        if not isinstance(target, _Named):
            self._refuse_call("a call of a computed value")
            return _VALUE
        maker = (target.module, target.name)
        if maker not in allowed.CALLABLE:
            self._refuse_call(shown(f"{target.module}.{target.name}"))
        elif maker == allowed.CODEC and not _is_latin1(arguments):
            self._refuse_call("_codecs.encode to something else than latin1")
        return _Made(maker)

    def _refuse(self, what: str) -> None:
        if len(self.refused) < MAX_LISTED:
            self.refused[what] = None

    def _refuse_call(self, what: str) -> None:
        self.has_call = True
        self._refuse(what)

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _pop(self) -> object:
        return self._stack.pop()

    def _top(self) -> object:
        return self._stack[-1]

    def _marked(self) -> list[object]:
        items, self._stack = self._stack, self._below.pop()
        return items


def _is_latin1(arguments: object) -> bool:
    return isinstance(arguments, _Row) and arguments.items[1:] in {("latin1",), ("latin-1",)}
