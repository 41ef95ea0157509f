# SPDX-License-Identifier: Apache-2.0
"""What goes into a logged model and what comes out, and what a contract asks of that.

* A signature is in MLflow's words: JSON texts inside the ``MLmodel`` file (interop.md 5).
* Whoever reads, reads bounded: a field we know has the right type or the whole is refused.
* A model whose file cannot be read keeps no rule about its signature, and the sentence says why.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from strongroom.domain.model import COLUMN_TYPES, MODEL_FILE

MAX_FIELDS = 20_000  # columns of a signature a person may still want to see
MAX_TEXT_CHARACTERS = 10_000  # one value; longer ones are cut
LISTED = 3  # columns named in a sentence
_WIDTHS = {"int": (8, 16, 32, 64), "uint": (8, 16, 32, 64), "float": (16, 32, 64)}
TENSOR_TYPES = frozenset(f"{kind}{width}" for kind, widths in _WIDTHS.items() for width in widths)
TYPES = COLUMN_TYPES | TENSOR_TYPES | {"bool", "str", "object", "any", "map"}
"""What a rule can ask a column to be."""

Columns = tuple[tuple[str, str], ...]
"""Name and type of each column; the name "" where it has none, the type "" where any will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureField:
    """One column, tensor or parameter: name ("" if none), type, and what it may be.

    ``shape`` is () for a column, with -1 for any length; ``default`` is JSON text, for
    parameters only, else "".
    """

    name: str
    type: str
    is_required: bool = True
    shape: tuple[int, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedModel:
    """A model among a run's artifacts, and its columns.

    Attributes:
        path: Its folder, "" for the root of the artifacts.
        inputs: What goes in.
        outputs: What comes out.
        problem: Why its file cannot be read, "" if it can.
    """

    path: str
    inputs: Columns = ()
    outputs: Columns = ()
    problem: str = ""

    @property
    def file(self) -> str:
        """The path of its ``MLmodel`` file among the artifacts."""
        return f"{self.path}/{MODEL_FILE}" if self.path else MODEL_FILE

    def lack(self, inputs: Columns, outputs: Columns) -> str:
        """Returns what its signature lacks of some columns, in words; "" if nothing."""
        if self.problem:
            return f"cannot be read: {self.problem}"
        if not self.inputs and not self.outputs:
            return "is missing"
        found = (_lack("input", self.inputs, inputs), _lack("output", self.outputs, outputs))
        return " and ".join(filter(None, found))


def model_of(path: str, signature: Mapping[str, Any]) -> LoggedModel:
    """Returns the model whose ``MLmodel`` file lies at a path and has this signature.

    Raises:
        ValueError: As `read_fields`.
    """
    folder = path.removesuffix(MODEL_FILE).rstrip("/")
    inputs, outputs = (_columns(read_fields(signature, part)) for part in ("inputs", "outputs"))
    return LoggedModel(path=folder, inputs=inputs, outputs=outputs)


def read_fields(signature: Mapping[str, Any], part: str) -> tuple[SignatureField, ...]:
    """Returns the fields of ``inputs``, ``outputs`` or ``params``; none if it is left out.

    Raises:
        ValueError: With why it is no list of fields.
    """
    text = signature.get(part)
    if text is None:
        return ()
    if not isinstance(text, str):
        raise ValueError(f"signature.{part} is no JSON text")
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"signature.{part} is no JSON text") from error
    if not isinstance(listed, list) or len(listed) > MAX_FIELDS:
        raise ValueError(f"signature.{part} is no list of at most {MAX_FIELDS:,} fields")
    return tuple(_field(one, part) for one in listed)


def asked_columns(texts: Iterable[str]) -> Columns:
    """Reads columns as a rule names them: ``age: long``, or ``age`` for any type.

    Raises:
        ValueError: For a column without a name, a type nobody knows, or one that stands twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        head, colon, kind = text.rpartition(": ")
        name, kind = (head.strip(), kind.strip()) if colon else (text.strip(), "")
        if not name or (colon and kind not in TYPES):
            raise ValueError(f"{text[:60]!r} is no column such as age: long")
        if name in found:
            raise ValueError(f"the column {name[:60]} stands twice")
        found[name] = kind
    return tuple(found.items())


def column_text(name: str, kind: str) -> str:
    """Returns a column as a rule names it."""
    return f"{name}: {kind}" if kind in TYPES else name


def _field(one: Any, part: str) -> SignatureField:  # noqa: ANN401 - JSON of the file
    if not isinstance(one, dict) or not isinstance(one.get("type", ""), str):
        raise ValueError(f"a field of signature.{part} is no table")
    kind, shape = one.get("type", ""), one.get("shape")
    tensor = one.get("tensor-spec")
    if isinstance(tensor, dict):
        kind, shape = str(tensor.get("dtype", "")), tensor.get("shape")
    if kind == "array" and isinstance(one.get("items"), dict):
        kind = f"array of {one['items'].get('type', 'any')}"
    lengths = shape if isinstance(shape, list) else []
    if not all(type(length) is int for length in lengths):
        raise ValueError(f"a shape in signature.{part} is no list of whole numbers")
    name = one.get("name")
    return SignatureField(
        name="" if name is None else str(name)[:MAX_TEXT_CHARACTERS],
        type=str(kind)[:MAX_TEXT_CHARACTERS],
        is_required=one.get("required", not one.get("optional", False)) is not False,
        shape=tuple(lengths),
        default=json.dumps(one["default"])[:MAX_TEXT_CHARACTERS] if "default" in one else "",
    )


def _columns(fields: Sequence[SignatureField]) -> Columns:
    return tuple((field.name, field.type) for field in fields)


def _lack(what: str, known: Columns, asked: Columns) -> str:
    """Returns which of the asked columns are missing, or the first of another type."""
    types = dict(known)
    missing = [name for name, _ in asked if name not in types]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        more = f" and {len(missing) - LISTED:,} more" if len(missing) > LISTED else ""
        return f"lacks the {what}{plural} {', '.join(missing[:LISTED])}{more}"
    for name, kind in asked:
        if kind not in {"", "any", types[name]}:
            return f"has the {what} {name} as {types[name] or 'any'}, not {kind}"
    return ""
