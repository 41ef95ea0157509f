# SPDX-License-Identifier: Apache-2.0
"""Describes a dataset a run uses: digest, schema, row count, profile, source, computed once.

* The digest of a file is its SHA-256, of a folder the tree digest of `domain.artifact`, of an
  array the SHA-256 over its type, shape and bytes. The same data gives the same digest anywhere.
* numpy, pandas, polars and Arrow are never imported: an object is asked what it can say.
* The digest and the profile are whole or left out; neither is ever of something else.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from strongroom.disk.data_digest import data_digest
from strongroom.disk.data_version import version_of_uri
from strongroom.domain.data_profile import DataProfile
from strongroom.domain.dataset import DatasetInput
from strongroom.sdk.data_reference import Reference, reference_of
from strongroom.sdk.data_tool import DataTool
from strongroom.sdk.losses import Losses, Lost
from strongroom.sdk.profiles import profile_of
from strongroom.sdk.table_files import facts_of
from strongroom.sdk.tables import array_of, columns_of, listed

MAX_SNAPSHOT_BYTES = 64 << 20  # of data that is kept with the run; larger data has its own place
MAX_SCHEMA_COLUMNS = 2_000  # a wider table is named by its digest; the record must stay small


def describe(
    data: object,
    *,
    name: str,
    context: str,
    source: str,
    digest: str,
    version: object = "",
    profile: bool = True,
    losses: Losses | None = None,
) -> DatasetInput:
    """Returns what is known of a dataset; a version that names none is counted in ``losses``.

    Raises:
        Lost: If there is neither data nor a name, or the data cannot be described.
        OSError: If a file cannot be read.
    """
    stated = Reference("", "")
    if version is not None and version != "":
        try:
            stated = reference_of(version)
        except Lost as error:  # the data is worth keeping
            if losses is not None:
                losses.note(error, "log_input(version)")
    is_file = isinstance(data, str | Path)
    found = _described(
        data, name or ("" if is_file else stated.name), context, source, digest, profile=profile
    )
    return replace(found, version=stated.id) if stated.id else found


def _described(
    data: object, name: str, context: str, source: str, digest: str, *, profile: bool
) -> DatasetInput:
    if data is None:
        if not name:
            raise Lost("type", "a dataset needs data or a name")
        return DatasetInput(
            name=name,
            digest=digest,
            context=context,
            source=source,
            version=version_of_uri(source),
        )
    if isinstance(data, str) and not data:  # which Path takes for the folder the script is in
        raise Lost("missing", "the name of the file is empty")
    if isinstance(data, str | Path):
        return _described_file(Path(data), name, context, source, digest, profile=profile)
    rows = _rows(data)
    if rows is None:
        raise Lost("type", f"{type(data).__name__} is no dataset")
    found = _profile(data) if profile else None
    return DatasetInput(
        name=name or "dataset",
        digest=digest or frame_digest(data),
        context=context,
        source=source,
        source_type="code",
        schema=schema_of(data),
        rows=str(rows),
        profile=found.as_text() if found is not None else "",
    )


def _described_file(
    path: Path, name: str, context: str, source: str, digest: str, *, profile: bool
) -> DatasetInput:
    tool = DataTool(path)
    read = None if digest else data_digest(path, beside=tool.listeners)
    facts = facts_of(path, with_profile=profile)
    schema = facts.schema
    if isinstance(schema, list):
        schema = schema[:MAX_SCHEMA_COLUMNS]
    return DatasetInput(
        name=name or path.name,
        digest=read.sha256 if read else digest,
        context=context,
        source=source or str(path.absolute()),
        source_type="local",
        path=str(path.absolute()) if source else "",
        schema="" if schema is None else json.dumps(schema),
        rows="" if facts.rows is None else str(facts.rows),
        profile="" if facts.profile is None else facts.profile.as_text(),
        size=str(read.size_bytes) if read else "",
        version=tool.version(read.sha256 if read else "") or version_of_uri(source),
    )


def keep_snapshot(
    data: object,
    found: DatasetInput,
    keep: Callable[[Path, str], None],
    losses: Losses,
) -> DatasetInput:
    """Keeps a copy of small data among the artifacts and returns the input that names it.

    What cannot be kept is counted; the input is logged all the same.

    Args:
        data: What was described.
        found: Its description.
        keep: Keeps a file or folder below a path.
        losses: Where a copy that was not made is counted.
    """
    if not isinstance(data, str | Path):
        losses.note(Lost("type", "a copy is kept of files and folders"), "log_input(snapshot)")
        return found
    path = Path(data)
    size = int(found.size) if found.size else data_digest(path).size_bytes
    if size > MAX_SNAPSHOT_BYTES:
        told = f"{size:,} bytes where a copy may have {MAX_SNAPSHOT_BYTES:,}"
        losses.note(Lost("limit", told), "log_input(snapshot)")
        return found
    before = dict(losses.counts)
    folder = f"datasets/{path.name}" if path.is_dir() else "datasets"
    keep(path, folder)
    if losses.counts != before:  # no half copy is named
        return found
    return replace(found, snapshot=f"datasets/{path.name}")


def _rows(data: Any) -> int | None:  # noqa: ANN401 - any table, array or tensor
    """Returns how many rows there are, None if these are no data."""
    shape = getattr(data, "shape", None)
    if isinstance(shape, tuple):
        return int(shape[0]) if shape else 1
    columns = columns_of(data)
    lengths = {len(each.values) for each in columns} if columns is not None else set()
    if len(lengths) != 1:
        return None
    return lengths.pop()


def _profile(data: Any) -> DataProfile | None:  # noqa: ANN401 - as above
    """Returns the profile, None if the data do not let themselves be looked at."""
    try:
        return profile_of(data)
    except Exception:  # noqa: BLE001 - somebody's own columns; name and digest are worth keeping
        return None


def frame_digest(data: Any) -> str:  # noqa: ANN401 - any table, array or tensor
    """Returns the digest of an array, or of a table column by column.

    Raises:
        Lost: If the object offers no bytes.
    """
    running = hashlib.sha256()
    columns = columns_of(data)
    if columns is None:
        _add_array(running, array_of(data))
        return running.hexdigest()
    for column in columns:
        running.update(f"{column.name}\n".encode("utf-8", "replace"))
        values = array_of(column.values)
        if hasattr(values, "tobytes") and hasattr(values, "shape"):
            _add_array(running, values)
        else:
            running.update(json.dumps(listed(values), default=str).encode())
    return running.hexdigest()


def schema_of(data: Any) -> str:  # noqa: ANN401 - any table, array or tensor
    """Returns the schema as JSON text: names and types of columns, or type and shape."""
    columns = columns_of(data)
    if columns is not None:
        found = [{"name": each.name, "type": each.type} for each in columns]
        return json.dumps(found[:MAX_SCHEMA_COLUMNS])
    return json.dumps({"dtype": str(getattr(data, "dtype", "")), "shape": list(data.shape)})


def _add_array(running: Any, array: Any) -> None:  # noqa: ANN401 - hash and array by their verbs
    if not hasattr(array, "tobytes"):
        raise Lost("type", f"{type(array).__name__} offers no bytes to make a digest of")
    running.update(f"{array.dtype} {tuple(array.shape)}\n".encode())
    if str(array.dtype) == "object":  # its bytes are addresses
        running.update(json.dumps(array.tolist(), default=str).encode())
        return
    try:
        running.update(array.data.cast("B"))  # as it lies there: no second copy in memory
    except (AttributeError, TypeError, ValueError, BufferError):
        running.update(array.tobytes())
