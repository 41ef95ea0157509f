# SPDX-License-Identifier: Apache-2.0
"""The globals a pickle of plain data may name: an allow-list, not a list of known evils.

* Naming a global imports its module, so anything not listed here is ``code-on-load``.
* `CALLABLE` may be called by a pickle; `NAMEABLE` may only be handed on as an argument.
* `STATEFUL` may be followed by BUILD: their ``__setstate__`` takes values, not attributes.
"""

_CORES = ("numpy.core", "numpy._core")  # numpy 1 and numpy 2 name the same functions
_BUILTINS = ("builtins", "__builtin__")  # Python 3 and the spelling of protocols 0 to 2
_SCALARS = (
    *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    *("float16", "float32", "float64", "longdouble", "complex64", "complex128", "bool_", "bool"),
    *("str_", "bytes_", "datetime64", "timedelta64"),
)

RECONSTRUCT = frozenset((f"{core}.multiarray", "_reconstruct") for core in _CORES)
CODEC = ("_codecs", "encode")  # how protocols 0 to 2 spell bytes; only with latin1
STATEFUL = RECONSTRUCT | {("numpy", "dtype")}
CALLABLE = (
    STATEFUL
    | {CODEC}
    | {(f"{core}.multiarray", "scalar") for core in _CORES}
    | {(f"{core}.numeric", "_frombuffer") for core in _CORES}
    | {
        (module, name)
        for module in _BUILTINS
        for name in ("list", "dict", "set", "frozenset", "tuple", "bytes", "bytearray", "complex")
    }
    | {("collections", name) for name in ("OrderedDict", "defaultdict", "deque", "Counter")}
    | {("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")}
    | {("decimal", "Decimal")}
)
NAMEABLE = (
    {("numpy", "ndarray")}
    | {("numpy", name) for name in _SCALARS}
    | {(module, name) for module in _BUILTINS for name in ("int", "float", "str", "bool", "object")}
)
ALLOWED = CALLABLE | NAMEABLE
