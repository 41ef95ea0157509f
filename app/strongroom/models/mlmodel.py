# SPDX-License-Identifier: Apache-2.0
"""Reads an MLmodel file: how a model can be loaded, what goes in and what comes out.

* Nothing of the model is loaded or imported; the file is plain YAML (interop.md 5).
* Keys we do not know are kept out of the way, keys we know have the right type or are refused.
* ``artifact_path`` may hold an absolute address on the writer's machine and is ignored.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from strongroom.domain.errors import Untrusted
from strongroom.domain.model import MODEL_FILE
from strongroom.models.strict_yaml import read_yaml
from strongroom.models.verdict import shown

MAX_FIELDS = 20_000  # columns of a signature a person may still want to see
MAX_TEXT_CHARACTERS = 10_000  # one value of metadata; longer ones are cut
MAX_METADATA = 1_000  # entries of metadata
_ENVIRONMENT_FILE = "requirements.txt"  # stands beside MLmodel whenever pins were written


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
class ModelDescription:
    """What an MLmodel file says of its model; "" or () or 0 where it says nothing.

    ``created`` is the writer's text in UTC; ``metadata`` holds values that are no text as JSON.
    """

    flavors: tuple[str, ...]
    inputs: tuple[SignatureField, ...] = ()
    outputs: tuple[SignatureField, ...] = ()
    params: tuple[SignatureField, ...] = ()
    run_id: str = ""
    created: str = ""
    model_uuid: str = ""
    model_size_bytes: int = 0
    python_version: str = ""
    requirements_file: str = ""
    input_example_path: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


def read_mlmodel(data: bytes, *, has_requirements: bool = False) -> ModelDescription:
    """Returns the description in an MLmodel file's bytes.

    ``has_requirements`` says that a requirements.txt stands beside the file.

    Raises:
        Untrusted: ``E-SIZE`` or ``E-FORMAT`` if it is no MLmodel file.
    """
    document = read_yaml(data, f"The {MODEL_FILE} file")
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise _no_mlmodel("it is no table of names and values")
    flavors = _table(document, "flavors")
    if not flavors:
        raise _no_mlmodel("it names no flavor")
    signature = _table(document, "signature")
    python = _table(flavors, "python_function")
    example = _table(document, "saved_input_example_info")
    version = python.get("python_version")
    return ModelDescription(
        flavors=tuple(sorted(flavors)),
        inputs=_fields(signature, "inputs"),
        outputs=_fields(signature, "outputs"),
        params=_fields(signature, "params"),
        run_id=_text(document, "run_id"),
        created=_text(document, "utc_time_created"),
        model_uuid=_text(document, "model_uuid"),
        model_size_bytes=_size(document),
        python_version=str(version) if isinstance(version, str | int | float) else "",
        requirements_file=_ENVIRONMENT_FILE if has_requirements else "",
        input_example_path=_text(example, "artifact_path"),
        metadata=_metadata(document),
    )


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise _no_mlmodel(f"{key} is no table of names and values")
    return value


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if isinstance(value, list | dict):
        raise _no_mlmodel(f"{key} is no text")
    return "" if value is None else str(value)[:MAX_TEXT_CHARACTERS]


def _size(document: Mapping[str, Any]) -> int:
    value = document.get("model_size_bytes")
    is_size = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_size and isinstance(value, int) else 0


def _metadata(document: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in list(_table(document, "metadata").items())[:MAX_METADATA]:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        found[name] = text[:MAX_TEXT_CHARACTERS]
    return found


def _fields(signature: Mapping[str, Any], part: str) -> tuple[SignatureField, ...]:
    text = signature.get(part)
    if text is None:
        return ()
    if not isinstance(text, str):
        raise _no_mlmodel(f"signature.{part} is no JSON text")
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_mlmodel(f"signature.{part} is no JSON text") from error
    if not isinstance(listed, list) or len(listed) > MAX_FIELDS:
        raise _no_mlmodel(f"signature.{part} is no list of at most {MAX_FIELDS:,} fields")
    return tuple(_field(one, part) for one in listed)


def _field(one: Any, part: str) -> SignatureField:  # noqa: ANN401 - JSON of the file
    if not isinstance(one, dict) or not isinstance(one.get("type", ""), str):
        raise _no_mlmodel(f"a field of signature.{part} is no table")
    kind, shape = one.get("type", ""), one.get("shape")
    tensor = one.get("tensor-spec")
    if isinstance(tensor, dict):
        kind, shape = str(tensor.get("dtype", "")), tensor.get("shape")
    if kind == "array" and isinstance(one.get("items"), dict):
        kind = f"array of {one['items'].get('type', 'any')}"
    lengths = shape if isinstance(shape, list) else []
    if not all(type(length) is int for length in lengths):
        raise _no_mlmodel(f"a shape in signature.{part} is no list of whole numbers")
    name = one.get("name")
    return SignatureField(
        name="" if name is None else str(name)[:MAX_TEXT_CHARACTERS],
        type=str(kind)[:MAX_TEXT_CHARACTERS],
        is_required=one.get("required", not one.get("optional", False)) is not False,
        shape=tuple(lengths),
        default=json.dumps(one["default"])[:MAX_TEXT_CHARACTERS] if "default" in one else "",
    )


def _no_mlmodel(why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        f"The {MODEL_FILE} file cannot be understood: {shown(why)}",
        "Write the model again with the tool that made it.",
    )
