# SPDX-License-Identifier: Apache-2.0
"""Judges a skops file by its schema: which types loading would name, and how they are made.

* skops imports and calls every type its schema names once a caller trusts it, and the list of
  trusted types travels with the model. So the names are judged here, by an allow-list.
* Only classes of scikit-learn, named containers, numpy types and elementwise functions are data;
  bound methods, partials, operators and constructors with arguments are not.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from strongroom.models.verdict import Verdict, data, shown, unknown

SCHEMA_FILE = "schema.json"
MAX_SCHEMA_BYTES = 16 << 20  # a forest of 500 trees needs 2 MiB
_LOADERS = frozenset(
    [
        "CachedNode",
        "DictNode",
        "DefaultDictNode",
        "ListNode",
        "SetNode",
        "TupleNode",
        "BytesNode",
        "BytearrayNode",
        "SliceNode",
        "FunctionNode",
        "TypeNode",
        "ObjectNode",
        "JsonNode",
        "NdArrayNode",
        "MaskedArrayNode",
        "RandomStateNode",
        "RandomGeneratorNode",
        "DTypeNode",
        "SparseMatrixNode",
        "TreeNode",
        "LossNode",
        "ReduceNode",
    ]
)
_NAMES: dict[str, frozenset[str]] = {
    "builtins": frozenset(
        [
            "dict",
            "list",
            "tuple",
            "set",
            "frozenset",
            "str",
            "bytes",
            "bytearray",
            "int",
            "float",
            "bool",
            "complex",
            "slice",
            "NoneType",
        ]
    ),
    "collections": frozenset(["OrderedDict", "defaultdict", "Counter", "deque"]),
    "numpy": frozenset(
        [
            "ndarray",
            "dtype",
            "bool",
            "bool_",
            "str_",
            "bytes_",
            "object_",
            "datetime64",
            "timedelta64",
            "longdouble",
            "float16",
            "float32",
            "float64",
            "complex64",
            "complex128",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "abs",
            "absolute",
            "cbrt",
            "cos",
            "exp",
            "exp2",
            "expm1",
            "log",
            "log10",
            "log1p",
            "log2",
            "negative",
            "reciprocal",
            "sign",
            "sin",
            "sqrt",
            "square",
            "tanh",
        ]
    ),
    "numpy.ma": frozenset(["MaskedArray"]),
    "numpy.ma.core": frozenset(["MaskedArray"]),
    "numpy.random._generator": frozenset(["Generator"]),
    "numpy.random.mtrand": frozenset(["RandomState"]),
    "scipy.special": frozenset(["boxcox", "boxcox1p", "erf", "expit", "inv_boxcox", "logit"]),
}
_BIT_GENERATORS = ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"]
MIN_PROTOCOL = 2  # older files name functions in another place than types
_SPARSE_MODULE = re.compile(r"scipy\.sparse\._(csr|csc|coo|bsr|dia|dok|lil)")
_SPARSE_CLASS = re.compile(r"(csr|csc|coo|bsr|dia|dok|lil)_(matrix|array)")
_SKLEARN_CLASS = re.compile(r"_?[A-Z]\w*", re.ASCII)
_FOREIGN_PARTS = frozenset(["tests", "externals", "datasets", "conftest", "_build_utils"])


def judge_schema(text: bytes) -> Verdict:
    """Returns ``data-only`` if all types and ways of making in a schema are known.

    Else it is ``unknown``, and the reason lists the first names that are not.
    """
    if len(text) > MAX_SCHEMA_BYTES:
        return unknown("skops schema larger than any honest one")
    try:
        schema = json.loads(text.decode("utf-8"), object_pairs_hook=_unique)
        strangers = dict.fromkeys(_strangers(schema))
    except (ValueError, RecursionError):
        return unknown("skops schema that cannot be read")
    if not isinstance(schema, dict) or "__loader__" not in schema:
        return unknown("skops schema that cannot be read")
    protocol = schema.get("protocol")
    if type(protocol) is not int or protocol < MIN_PROTOCOL:
        return unknown("skops of an old protocol")
    if strangers:
        names = list(strangers)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return unknown("skops with unfamiliar types: " + ", ".join(names[:3]) + more)
    return data("skops of familiar types")


def _strangers(schema: object) -> Iterator[str]:
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, dict):
            pending.extend(part.values())
            if "__loader__" in part and part["__loader__"] not in _LOADERS:
                yield shown(str(part["__loader__"]))
            if part.get("__loader__") == "RandomGeneratorNode" and not _has_known_generator(part):
                yield "a bit generator of no known name"
            if "__class__" in part or "__module__" in part:
                module, name = part.get("__module__"), part.get("__class__")
                if not _is_familiar(module, name):
                    yield shown(f"{module}.{name}")


def _has_known_generator(part: dict[str, Any]) -> bool:
    # the class of a bit generator is kept as a value, and called by older versions of skops
    try:
        node = part["content"]["bit_generator"]["content"]["bit_generator"]
        is_value = node["__loader__"] == "JsonNode"
        return is_value and json.loads(node["content"]) in _BIT_GENERATORS
    except (KeyError, TypeError, ValueError):
        return False


def _is_familiar(module: Any, name: Any) -> bool:  # noqa: ANN401 - values of the file
    if not isinstance(module, str) or not isinstance(name, str):
        return False
    if name in _NAMES.get(module, ()):
        return True
    if _SPARSE_MODULE.fullmatch(module):
        return _SPARSE_CLASS.fullmatch(name) is not None
    parts = module.split(".")
    is_own = parts[0] == "sklearn" and not _FOREIGN_PARTS.intersection(parts)
    return is_own and _SKLEARN_CLASS.fullmatch(name) is not None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
