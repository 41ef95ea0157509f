# SPDX-License-Identifier: Apache-2.0
"""Describes a dataset a run uses: digest, schema, row count and source, computed once.

* The digest of a file is its SHA-256, of a folder the tree digest of `domain.artifact`, of an
  array the SHA-256 over its type, shape and bytes. The same data gives the same digest anywhere.
* numpy and pandas are never imported: an object is asked what it can say.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.dataset import DatasetInput
from strongroom.sdk.losses import Lost

CHUNK_BYTES = 4 << 20
MAX_SCHEMA_COLUMNS = 2_000  # a wider table is named by its digest; the record must stay small


def describe(data: object, *, name: str, context: str, source: str, digest: str) -> DatasetInput:
    """Returns what is known of a dataset.

    Raises:
        Lost: If there is neither data nor a name, or the data cannot be described.
        OSError: If a file cannot be read.
    """
    if data is None:
        if not name:
            raise Lost("type", "a dataset needs data or a name")
        return DatasetInput(name=name, digest=digest, context=context, source=source)
    if isinstance(data, str | Path):
        path = Path(data)
        return DatasetInput(
            name=name or path.name,
            digest=digest or path_digest(path),
            context=context,
            source=source or str(path.absolute()),
            source_type="local",
        )
    shape = getattr(data, "shape", None)
    if not isinstance(shape, tuple):
        raise Lost("type", f"{type(data).__name__} is no dataset")
    return DatasetInput(
        name=name or "dataset",
        digest=digest or frame_digest(data),
        context=context,
        source=source,
        source_type="code",
        schema=schema_of(data),
        rows=str(shape[0]) if shape else "1",
    )


def path_digest(path: Path) -> str:
    """Returns the digest of a file or of a folder's tree.

    Raises:
        OSError: If it cannot be read.
        Untrusted: ``E-PATH`` if the folder's paths are not allowed on every system.
    """
    if not path.is_dir():
        return _file_digest(path)[0]
    files = []
    for file in sorted(path.rglob("*")):
        if file.is_file() and not file.is_symlink():
            sha256, size = _file_digest(file)
            relative = file.relative_to(path).as_posix()
            files.append(ArtifactFile(path=relative, size_bytes=size, sha256=sha256))
    return tree_digest(files)


def frame_digest(data: Any) -> str:  # noqa: ANN401 - a numpy array or a DataFrame, not imported
    """Returns the digest of an array, or of a DataFrame column by column.

    Raises:
        Lost: If the object offers no bytes.
    """
    running = hashlib.sha256()
    if hasattr(data, "columns") and hasattr(data, "dtypes"):
        for title in data.columns:
            running.update(f"{title}\n".encode("utf-8", "replace"))
            _add_array(running, data[title].to_numpy())
    else:
        _add_array(running, data)
    return running.hexdigest()


def schema_of(data: Any) -> str:  # noqa: ANN401 - a numpy array or a DataFrame, not imported
    """Returns the schema as JSON text: names and types of columns, or type and shape."""
    if hasattr(data, "columns") and hasattr(data, "dtypes"):
        pairs = list(zip(data.columns, data.dtypes, strict=True))[:MAX_SCHEMA_COLUMNS]
        return json.dumps([{"name": str(title), "type": str(kind)} for title, kind in pairs])
    return json.dumps({"dtype": str(getattr(data, "dtype", "")), "shape": list(data.shape)})


def _add_array(running: Any, array: Any) -> None:  # noqa: ANN401 - hash and array by their verbs
    if not hasattr(array, "tobytes"):
        raise Lost("type", f"{type(array).__name__} offers no bytes to make a digest of")
    running.update(f"{array.dtype} {tuple(array.shape)}\n".encode())
    if str(array.dtype) == "object":  # its bytes are addresses
        running.update(json.dumps(array.tolist(), default=str).encode())
    else:
        running.update(array.tobytes())


def _file_digest(path: Path) -> tuple[str, int]:
    running = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            running.update(chunk)
            size += len(chunk)
    return running.hexdigest(), size
