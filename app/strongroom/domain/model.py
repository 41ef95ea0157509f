# SPDX-License-Identifier: Apache-2.0
"""Words about packaged models that writers and readers share (interop.md 5).

* A model is a folder with an ``MLmodel`` file; its flavors say how it can be loaded.
* Column types are MLflow's names; nothing else may stand in a signature we write.
"""

MODEL_FILE = "MLmodel"
MODEL_FORMAT = 1  # of our own key in the MLmodel file
FLAVOR_PYTHON = "python_function"
FLAVOR_SKLEARN = "sklearn"
FLAVOR_FILES = "files"
COLUMN_TYPES = frozenset(
    ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
)


def column_type(kind: str) -> str:
    """Returns MLflow's word for a numpy type name such as ``float64``; text if unknown."""
    if kind.startswith("datetime64"):
        return "datetime"
    return {
        "bool": "boolean",
        "int8": "integer",
        "int16": "integer",
        "int32": "integer",
        "uint8": "integer",
        "uint16": "integer",
        "int64": "long",
        "uint32": "long",
        "float16": "float",
        "float32": "float",
        "float64": "double",
        "int": "long",
        "float": "double",
        "str": "string",
        "bytes": "binary",
    }.get(kind, "string")
