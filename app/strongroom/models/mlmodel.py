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
from strongroom.domain.model_signature import (
    MAX_TEXT_CHARACTERS,
    LoggedModel,
    SignatureField,
    model_of,
    read_fields,
)
from strongroom.models.strict_yaml import read_yaml
from strongroom.models.verdict import shown

MAX_METADATA = 1_000  # entries of metadata
_ENVIRONMENT_FILE = "requirements.txt"  # stands beside MLmodel whenever pins were written


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
    document = _document(data)
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


def read_logged(path: str, data: bytes) -> LoggedModel:
    """Returns the model whose ``MLmodel`` file lies at a path and has these bytes.

    Raises:
        Untrusted: As `read_mlmodel`.
    """
    signature = _table(_document(data), "signature")
    try:
        return model_of(path, signature)
    except ValueError as error:
        raise _no_mlmodel(str(error)) from error


def _document(data: bytes) -> dict[str, Any]:
    document = read_yaml(data, f"The {MODEL_FILE} file")
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise _no_mlmodel("it is no table of names and values")
    return document


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
    try:
        return read_fields(signature, part)
    except ValueError as error:
        raise _no_mlmodel(str(error)) from error


def _no_mlmodel(why: str) -> Untrusted:
    return Untrusted(
        "E-FORMAT",
        f"The {MODEL_FILE} file cannot be understood: {shown(why)}",
        "Write the model again with the tool that made it.",
    )
