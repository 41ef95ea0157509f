# SPDX-License-Identifier: Apache-2.0
"""Lays out a model as the folder that MLflow and Strongroom load (interop.md 5).

* ``MLmodel`` is JSON, which is YAML: readable by everybody without a YAML writer here.
* A scikit-learn model is kept as skops where that is installed: loading it runs no code of the
  file. Otherwise it is a pickle, and says so under our own key.
"""

import importlib
import io
import json
import platform
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata as packages
from pathlib import Path
from typing import Any

from strongroom.domain.model import (
    FLAVOR_FILES,
    FLAVOR_PYTHON,
    FLAVOR_SKLEARN,
    MODEL_FILE,
    MODEL_FORMAT,
)
from strongroom.journal.layout import plain
from strongroom.sdk.losses import Lost
from strongroom.sdk.signature import example_of, spec_of

MAX_VISITED = 2_000  # parts of a model that are asked which package they come from
_LOADER = '''"""Loads the pickled model beside this folder; loading a pickle runs what it says."""

import pickle


class _Model:
    def __init__(self, model):
        self._model = model

    def predict(self, model_input, params=None):
        return self._model.predict(model_input)


def _load_pyfunc(path):
    with open(path, "rb") as stream:
        return _Model(pickle.load(stream))
'''

Files = dict[str, bytes | Path]


def model_files(
    model: Any,  # noqa: ANN401 - an estimator of any library, a folder or bytes
    *,
    run_id: str,
    path: str,
    signature: Mapping[str, Any] | None,
    input_example: Any,  # noqa: ANN401 - array, DataFrame, dict or list
    requirements: Sequence[str] | None,
    flavor: str,
    metadata: Mapping[str, Any] | None,
) -> Files:
    """Returns the files of a model folder by their path in it.

    Raises:
        Lost: If the model cannot be written in this flavor.
        OSError: If a file cannot be read.
    """
    chosen = _flavor_of(model) if flavor == "auto" else flavor
    files, flavors, serialization = _content(model, chosen)
    document: dict[str, Any] = {"artifact_path": path, "flavors": flavors, "run_id": run_id}
    specs = _signature(model, signature, input_example, files, document)
    if specs:
        document["signature"] = specs
    moment = datetime.fromtimestamp(_now_s(), tz=UTC)
    document |= {
        "model_uuid": uuid.uuid4().hex,
        "utc_time_created": moment.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "strongroom": {"format": MODEL_FORMAT, "flavor": chosen, "serialization": serialization},
    }
    if metadata:
        document["metadata"] = plain(dict(metadata))
    if chosen != FLAVOR_FILES:
        pins = list(requirements) if requirements is not None else pins_of(model, serialization)
        files |= _environment(pins)
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    files[MODEL_FILE] = (text + "\n").encode("utf-8", "replace")
    return files


def pins_of(model: object, serialization: str) -> list[str]:
    """Returns exact pins of the packages whose classes a model is made of."""
    roots = _packages_in(model) | {serialization if serialization != "pickle" else "cloudpickle"}
    if FLAVOR_SKLEARN in roots:
        roots |= {"numpy", "scipy", "joblib"}
    known = packages.packages_distributions()
    names = {known[root][0] for root in roots if root in known}
    return [f"{name}=={packages.version(name)}" for name in sorted(names, key=str.lower)]


def _flavor_of(model: object) -> str:
    if isinstance(model, bytes | bytearray | str | Path):
        return FLAVOR_FILES
    if any(kind.__module__.split(".")[0] == "sklearn" for kind in type(model).__mro__):
        return FLAVOR_SKLEARN
    if hasattr(model, "predict"):
        return FLAVOR_PYTHON
    raise Lost("type", f"{type(model).__name__} is no model that can be kept")


def _content(model: Any, flavor: str) -> tuple[Files, dict[str, Any], str]:  # noqa: ANN401
    if flavor == FLAVOR_FILES:
        return _raw_files(model), {FLAVOR_FILES: {"data": "data"}}, "raw"
    python: dict[str, Any] = {
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        "python_version": platform.python_version(),
    }
    if flavor == FLAVOR_SKLEARN:
        data, kind, trusted = _sklearn_bytes(model)
        name = "model.skops" if kind == "skops" else "model.pkl"
        python |= {"loader_module": "mlflow.sklearn", "model_path": name, "predict_fn": "predict"}
        own: dict[str, Any] = {
            "code": None,
            "pickled_model": name,
            "serialization_format": kind,
            "sklearn_version": packages.version("scikit-learn"),
        }
        if kind == "skops":
            own["skops_trusted_types"] = trusted
        return {name: data}, {FLAVOR_PYTHON: python, FLAVOR_SKLEARN: own}, kind
    if flavor == FLAVOR_PYTHON:
        data, kind = _pickled(model)
        python |= {"loader_module": "strongroom_loader", "code": "code", "data": "model.pkl"}
        files: Files = {"model.pkl": data, "code/strongroom_loader.py": _LOADER.encode()}
        return files, {FLAVOR_PYTHON: python}, kind
    raise Lost("type", f"there is no flavor {flavor[:40]!r}")


def _sklearn_bytes(model: object) -> tuple[bytes, str, list[str]]:
    try:
        skops = importlib.import_module("skops.io")
        data: bytes = skops.dumps(model)
        return data, "skops", sorted(skops.get_untrusted_types(data=data))
    except Exception:  # noqa: BLE001 - skops is absent, or knows no way to write this model
        return *_pickled(model), []


def _pickled(model: object) -> tuple[bytes, str]:
    try:
        pickler, kind = importlib.import_module("cloudpickle"), "cloudpickle"
    except ImportError:
        pickler, kind = importlib.import_module("pickle"), "pickle"
    buffer = io.BytesIO()
    pickler.dump(model, buffer)
    return buffer.getvalue(), kind


def _raw_files(model: object) -> Files:
    if isinstance(model, bytes | bytearray):
        return {"data/model.bin": bytes(model)}
    if not isinstance(model, str | Path):
        raise Lost("type", "the flavor files needs a folder, a file or bytes")
    source = Path(model)
    if source.is_file():
        return {f"data/{source.name}": source}
    found = (file for file in sorted(source.rglob("*")) if file.is_file())
    files: Files = {
        f"data/{file.relative_to(source).as_posix()}": file
        for file in found
        if not file.is_symlink()
    }
    if not files:
        raise Lost("missing", f"{source} holds no file")
    return files


def _signature(
    model: Any,  # noqa: ANN401 - an estimator of any library
    given: Mapping[str, Any] | None,
    input_example: Any,  # noqa: ANN401 - array, DataFrame, dict or list
    files: Files,
    document: dict[str, Any],
) -> dict[str, Any]:
    specs: dict[str, Any] = {}
    if input_example is not None:
        example = example_of(input_example)
        files |= example.files
        document["saved_input_example_info"] = example.info
        specs["inputs"] = example.spec
        if hasattr(model, "predict"):
            specs["outputs"] = spec_of(model.predict(input_example))
    for part in ("inputs", "outputs", "params"):
        if given and given.get(part) is not None:
            value = given[part]
            specs[part] = value if isinstance(value, str) else json.dumps(value)
    return {"inputs": None, "outputs": None, "params": None} | specs if specs else {}


def _environment(pins: Iterable[str]) -> Files:
    pins = list(pins)
    python = platform.python_version()
    pip = _pin("pip") or "pip"
    build = [each for each in (pip, _pin("setuptools"), "wheel") if each]
    env = [f"python: {python}", "build_dependencies:", *(f"- {each}" for each in build)]
    env += ["dependencies:", "- -r requirements.txt"]
    conda = ["channels:", "- conda-forge", "dependencies:", f"- python={python}", "- pip"]
    conda += ["- pip:", *(f"  - {json.dumps(pin)}" for pin in pins)] if pins else []
    conda += ["name: mlflow-env"]
    return {
        "requirements.txt": "".join(pin + "\n" for pin in pins).encode("utf-8", "replace"),
        "python_env.yaml": ("\n".join(env) + "\n").encode(),
        "conda.yaml": ("\n".join(conda) + "\n").encode("utf-8", "replace"),
    }


def _pin(name: str) -> str:
    try:
        return f"{name}=={packages.version(name)}"
    except packages.PackageNotFoundError:
        return ""


def _packages_in(model: object) -> set[str]:
    """Returns the top-level packages of the classes found by walking a model's parts."""
    roots: set[str] = set()
    seen: set[int] = set()
    pending: list[object] = [model]
    while pending and len(seen) < MAX_VISITED:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        roots |= {kind.__module__.split(".")[0] for kind in type(part).__mro__}
        if isinstance(part, dict):
            pending.extend(part.values())
        elif isinstance(part, list | tuple | set):
            pending.extend(part)
        else:
            pending.extend(getattr(part, "__dict__", {}).values())
    return roots - set(sys.stdlib_module_names) - {"__main__"}


def _now_s() -> float:
    from strongroom.domain.clock import MICROSECONDS, SystemClock

    return SystemClock().now_us() / MICROSECONDS
