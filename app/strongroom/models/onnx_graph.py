# SPDX-License-Identifier: Apache-2.0
"""Looks through an ONNX file for operators and tensors that lie outside it.

* The protocol-buffer fields are walked by their lengths; tensors are stepped over, not read.
* Operators of a domain beyond ONNX's own need a library of their author: such a model is not
  data. A tensor kept elsewhere must lie beside the model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from strongroom.domain.artifact import check_path
from strongroom.domain.errors import Untrusted
from strongroom.models.bounded import BoundedStream
from strongroom.models.verdict import Verdict, data, shown, unknown

MAX_FIELDS = 400_000  # a graph of 10,000 nodes has about 150,000; walked in under 3 s
MAX_DEPTH = 24  # graphs inside control-flow nodes
MAX_NAME_BYTES = 4_096  # a domain or a path
_OWN_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}
# field number -> kind of the message in it, per kind (onnx.proto3); other fields are values
_CHILDREN: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        22: "sparse",
        23: "sparse",
    },
    "tensor": {13: "external"},
}
_TEXTS = {("opset", 1), ("node", 7), ("external", 1), ("external", 2)}


@dataclass(slots=True)
class _Seen:
    fields: int = 0
    has_graph: bool = False
    has_version: bool = False
    key: str = ""
    strangers: dict[str, None] = field(default_factory=dict)


def classify_onnx(stream: BoundedStream, size_bytes: int) -> Verdict:
    """Returns ``data-only`` if the whole model lies in ONNX's own words and beside this file."""
    seen = _Seen()
    try:
        _walk(stream, "model", 0, size_bytes, seen, 0)
    except (ValueError, IndexError):
        return unknown("damaged ONNX file")
    if not (seen.has_graph and seen.has_version):
        return unknown("not an ONNX model")
    if seen.strangers:
        return unknown("ONNX with " + ", ".join(list(seen.strangers)[:3]))
    return data("ONNX of standard operators")


def _walk(stream: BoundedStream, kind: str, at: int, end: int, seen: _Seen, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    children = _CHILDREN.get(kind, {})
    for number, start, length in _fields(stream, at, end, seen):
        if kind == "model":
            seen.has_graph |= number == 7 and length > 0
            seen.has_version |= number == 1
        if (kind, number) in _TEXTS:
            if length > MAX_NAME_BYTES:
                raise ValueError("a name too long")
            stream.seek(start)
            _note(kind, number, stream.read(length).decode("utf-8"), seen)
        elif number in children and length:
            _walk(stream, children[number], start, start + length, seen, depth + 1)


def _note(kind: str, number: int, text: str, seen: _Seen) -> None:
    if kind in {"opset", "node"}:
        if text not in _OWN_DOMAINS:
            seen.strangers[f"operators of {shown(text, 60)}"] = None
    elif number == 1:
        seen.key = text
    elif seen.key == "location":
        try:
            check_path(text)
        except Untrusted:
            seen.strangers[f"tensors at {shown(text, 60)}"] = None


def _fields(
    stream: BoundedStream, at: int, end: int, seen: _Seen
) -> Iterator[tuple[int, int, int]]:
    """Yields (field number, offset of its content, length of its content or 0 of a number)."""
    while at < end:
        seen.fields += 1
        if seen.fields > MAX_FIELDS:
            raise ValueError("more fields than any honest model")
        stream.seek(at)
        head = stream.read(min(20, end - at))
        tag, used = _varint(head, 0)
        wire = tag & 7
        start, length = at + used, 0
        if wire == 0:
            start = at + _varint(head, used)[1]
        elif wire == 2:
            length, used = _varint(head, used)
            start = at + used
        elif wire in {1, 5}:
            start += 8 if wire == 1 else 4
        else:
            raise ValueError("an unknown wire type")
        if start + length > end or tag >> 3 == 0:
            raise ValueError("a field beyond its message")
        yield tag >> 3, start, length
        at = start + length


def _varint(head: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(10):
        byte = head[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("a number too long")
