# SPDX-License-Identifier: Apache-2.0
"""Says what loading a file would do, by its first bytes and its content.

* Magic bytes decide first, the name's ending only among formats that have none.
* Text is data unless it is a script, a pickle of protocol 0, or names Python objects in YAML.
* A file no rule knows is ``unknown``.
"""

import codecs
import re

from strongroom.domain.model import MODEL_FILE
from strongroom.models.arrays import NPY_MAGIC, classify_npy, classify_safetensors
from strongroom.models.bounded import MAX_NESTING, BoundedStream, Budget, Reader, chunks
from strongroom.models.onnx_graph import classify_onnx
from strongroom.models.packed import Opener, classify_stream, classify_zip, is_packed_stream
from strongroom.models.pickle_opcodes import walk_pickle
from strongroom.models.tables import ARROW_MAGIC, PARQUET_MAGIC, classify_table
from strongroom.models.verdict import Verdict, code, data, unknown

MAX_TEXT_BYTES = 1 << 30  # read through in about 3 s; larger tables are kept as Parquet
HEAD_BYTES = 4_096
_ZIP_MAGIC = b"PK\x03\x04"
_PROGRAM_MAGIC = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")
_IMAGE_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_CODE_ENDINGS = frozenset(
    [
        "py",
        "pyc",
        "pyo",
        "pyd",
        "pyx",
        "so",
        "dll",
        "dylib",
        "exe",
        "sh",
        "bash",
        "bat",
        "cmd",
        "ps1",
        "jar",
        "class",
        "js",
        "mjs",
        "rb",
        "pl",
        "r",
        "lua",
    ]
)
_PICKLE_ENDINGS = frozenset(["pkl", "pickle", "joblib", "cloudpickle", "dill", "pt", "pth", "p"])
_TEXT_ENDINGS = frozenset(
    ["json", "jsonl", "yaml", "yml", "csv", "tsv", "md", "txt", "rst", "log", "toml", "ini", "dot"]
)
_TEXT_NAMES = frozenset(["mlmodel", "license", "readme", "notice"])
_PYTHON_TAG = re.compile(rb"!!?python/|tag:yaml\.org,2002:python/")
_LAMBDA_LAYER = re.compile(rb'"class_name"\s*:\s*"Lambda"|"__lambda__"')
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
OVERLAP_BYTES = 64  # longer than any of the patterns looked for


def classify_file(path: str, source: Reader, size_bytes: int, budget: Budget) -> Verdict:
    """Returns the class of one file; the source must be seekable and at its start.

    Raises:
        Untrusted: ``E-BOMB`` or ``E-SIZE`` if the file asks for more than its budget.
    """

    def opener() -> BoundedStream:
        source.seek(0)
        return BoundedStream(source)

    return _classify(path, opener, size_bytes, budget, 0)


def _by_magic(
    path: str, opener: Opener, size_bytes: int, head: bytes, budget: Budget, level: int
) -> Verdict | None:
    found: Verdict | None = None
    ending = _ending(path)
    if ending in _CODE_ENDINGS or head.startswith(_PROGRAM_MAGIC):
        found = code("program or script")
    elif head.startswith(_ZIP_MAGIC) or is_packed_stream(head):
        found = _packed(path, opener, head, budget, level)
    elif head.startswith(NPY_MAGIC):
        found = classify_npy(opener())
    elif head.startswith(_IMAGE_MAGIC):
        found = data("image")
    elif head.startswith(b"GGUF"):
        is_known = head[4:8] in {b"\1\0\0\0", b"\2\0\0\0", b"\3\0\0\0"}
        found = data("GGUF") if is_known else unknown("GGUF of an unfamiliar version")
    elif head.startswith(b"\x89HDF"):
        found = _hdf5(opener())
    elif head.startswith((PARQUET_MAGIC, ARROW_MAGIC)) or ending in {"onnx", "safetensors"}:
        found = _seekable(ending, opener, size_bytes) if not level else unknown("in an archive")
    return found


def _seekable(ending: str, opener: Opener, size_bytes: int) -> Verdict:
    if ending == "safetensors":
        return classify_safetensors(opener(), size_bytes)
    if ending == "onnx":
        return classify_onnx(opener(), size_bytes)
    return classify_table(opener(), size_bytes)


def _packed(path: str, opener: Opener, head: bytes, budget: Budget, level: int) -> Verdict:
    def inner(path: str, opener: Opener, size_bytes: int) -> Verdict:
        return _classify(path, opener, size_bytes, budget, level + 1)

    if not head.startswith(_ZIP_MAGIC):
        return classify_stream(path, opener, budget, inner)
    if level:
        return unknown("archive in an archive")
    return classify_zip(path, opener, budget, inner)


def _classify(path: str, opener: Opener, size_bytes: int, budget: Budget, level: int) -> Verdict:
    if level > MAX_NESTING:
        return unknown("packed too many times")
    head = opener().read(HEAD_BYTES)
    found = _by_magic(path, opener, size_bytes, head, budget, level)
    if found is None and not head:
        found = data("empty")
    return found or _pickle_or_text(path, opener, head, budget)


def _pickle_or_text(path: str, opener: Opener, head: bytes, budget: Budget) -> Verdict:
    report = walk_pickle(opener(), budget)
    if _ending(path) in _PICKLE_ENDINGS or (head[:1] == b"\x80" and head[1:2] <= b"\x05"):
        return report.verdict
    # words may spell the opcode that names a global: only a whole pickle or a call is a pickle
    if report.has_call or (report.is_complete and (report.refused or not is_text(head))):
        return report.verdict
    return _text(path, opener) if is_text(head) else unknown("unfamiliar format")


def _text(path: str, opener: Opener) -> Verdict:
    ending, name = _ending(path), path.rpartition("/")[2].casefold()
    found, is_whole = _scan(opener(), _LAMBDA_LAYER if ending == "json" else _PYTHON_TAG)
    if not is_whole:
        return unknown("text that is none to its end, or too long")
    if found and ending == "json":
        return code("Keras Lambda layer")
    if found and (ending in {"yaml", "yml"} or name == MODEL_FILE.casefold()):
        return code("YAML that names Python objects")
    is_familiar = ending in _TEXT_ENDINGS or name.partition(".")[0] in _TEXT_NAMES
    return data("text") if is_familiar else unknown("text of no familiar kind")


def _scan(stream: BoundedStream, pattern: re.Pattern[bytes]) -> tuple[bool, bool]:
    """Returns whether the pattern occurs, and whether all of it is UTF-8 text in bounds."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before, total, found = b"", 0, False
    try:
        for part in chunks(stream):
            total += len(part)
            if total > MAX_TEXT_BYTES or b"\0" in part:
                return found, False
            decoder.decode(part)
            found = found or pattern.search(before + part) is not None
            before = part[-OVERLAP_BYTES:]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return found, False
    return found, True


def _hdf5(stream: BoundedStream) -> Verdict:
    before, total = b"", 0
    for part in chunks(stream):
        total += len(part)
        if _LAMBDA_LAYER.search(before + part):
            return code("Keras Lambda layer")
        if total > MAX_TEXT_BYTES:
            break
        before = part[-OVERLAP_BYTES:]
    return unknown("HDF5, which may hold a Keras model")


def is_text(head: bytes) -> bool:
    """Returns whether the first bytes of a file are UTF-8 without control characters."""
    if _CONTROL.search(head):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _ending(path: str) -> str:
    name = path.rpartition("/")[2].casefold()
    return name.rpartition(".")[2] if "." in name else ""
