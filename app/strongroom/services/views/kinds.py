# SPDX-License-Identifier: Apache-2.0
"""Which ways of looking a file offers, from its name and its first bytes.

* A name is a wish. What may run code when loaded is recognised by its bytes as well, and then it
  is listed, whatever its name says.
"""

from strongroom.services.views.shapes import Kind

HEAD_BYTES = 4_096  # enough for every magic number and for a guess at text
_PICTURES = {"png", "jpg", "jpeg", "gif", "bmp", "webp", "svg"}
_TABLES = {"csv", "tsv", "parquet", "arrow", "feather", "ipc", "npy"}
_TREES = {"json", "yaml", "yml", "jsonl", "ndjson"}
_PAGES = {"md", "markdown"}
_SOUNDS = {"wav", "mp3", "flac", "ogg", "oga", "opus", "m4a", "aac"}
_PROGRAMS = {
    "pkl", "pickle", "joblib", "pt", "pth", "ckpt", "skops", "onnx", "npz", "h5", "keras", "bin",
    "safetensors", "zip", "sav", "dill", "cloudpickle",
}  # fmt: skip
_TEXTS = {
    "txt", "log", "out", "err", "py", "r", "sql", "sh", "html", "htm", "xml", "toml", "cfg", "ini",
    "rst", "tex", "diff", "patch", "js", "css", "c", "h", "cpp", "java", "go", "rs", "env", "lock",
}  # fmt: skip
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"PAR1", "table"),
    (b"ARROW1", "table"),
    (b"%PDF-", "document"),
    (b"\x93NUMPY", "table"),
    (b"PK\x03\x04", "program"),
    (b"\x80\x02", "program"),
    (b"\x80\x03", "program"),
    (b"\x80\x04", "program"),
    (b"\x80\x05", "program"),
)


def ending(path: str) -> str:
    """Returns what stands behind the last dot of a file's name, in small letters, or ""."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def ways(path: str, head: bytes) -> tuple[Kind, ...]:
    """Returns the ways to look at a file, the best one first; the last one shows its bytes."""
    if not head:
        return ("none",)
    found: list[Kind] = []
    by_magic = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if head[:4] == b"RIFF":
        by_magic = "sound" if head[8:12] == b"WAVE" else "picture"
    by_name = _by_name(path)
    if by_magic is not None:
        found.append(by_magic)
    elif by_name is not None:
        found.append(by_name)
    if found in (["matrix"], ["histogram"]):
        found.append("tree" if ending(path) == "json" else "table")
    if by_magic is None and _is_text(head):
        found.append("text")
    found.append("bytes")
    return tuple(dict.fromkeys(found))


def _by_name(path: str) -> Kind | None:
    end = ending(path)
    stem = path.rpartition("/")[2].lower()
    found: Kind | None = None
    if "confusion" in stem and end in {"json", "csv", "tsv"}:
        found = "matrix"
    elif "hist" in path.lower() and end == "json":
        found = "histogram"
    elif end == "ipynb":
        found = "notebook"
    elif end in _SOUNDS:
        found = "sound"
    elif end == "pdf":
        found = "document"
    else:
        families: tuple[tuple[set[str], Kind], ...] = (
            (_PICTURES, "picture"),
            (_TABLES, "table"),
            (_TREES, "tree"),
            (_PAGES, "page"),
            (_PROGRAMS, "program"),
            (_TEXTS, "text"),
        )
        found = next((kind for names, kind in families if end in names), None)
        if found is None and stem in {"mlmodel", "conda.yaml"}:
            found = "tree"
    return found


def _is_text(head: bytes) -> bool:
    """Whether bytes read as text: no zero byte, and few that belong to no text."""
    if b"\x00" in head:
        return False
    odd = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return odd <= len(head) // 20 or b"\x1b[" in head
