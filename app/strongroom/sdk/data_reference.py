# SPDX-License-Identifier: Apache-2.0
"""The id that another tool gives data, told by the tool's own object: a feature view, a table.

* No tool is imported: an object is known by the package its class comes from and asked what it
  can say. It is read, never called to fetch anything.
* An id reads ``tool:id``, as those found in files do (`disk.data_version`).
"""

import hashlib
import json
from typing import Any, NamedTuple

from strongroom.sdk.losses import Lost

MAX_ID = 500  # characters; longer than any id of a tool


class Reference(NamedTuple):
    """An id such as ``feast:customer_stats@sha256:…``, and what the tool calls the data."""

    id: str
    name: str


def reference_of(version: object) -> Reference:
    """Returns the id that a text or the object of a tool states.

    Raises:
        Lost: If it is neither a text nor an object of a tool known here.
    """
    if isinstance(version, str):
        text = version.strip()
        if not text or len(text) > MAX_ID or not text.isprintable():
            raise Lost("type", f"an id has 1 to {MAX_ID} printable characters")
        return Reference(text, "")
    kinds = {each.__module__.partition(".")[0] for each in type(version).__mro__}
    for package, read in _READERS.items():
        if package in kinds:
            try:
                return read(version)
            except Exception as error:
                told = f"{type(version).__name__} of {package} does not say which version it is"
                raise Lost("type", told) from error
    raise Lost("type", f"{type(version).__name__} names no version of data")


def _feast(view: Any) -> Reference:  # noqa: ANN401 - a feature view or a feature service
    """Returns name and definition: the entities and features of each view, by name and type."""
    views = getattr(view, "feature_view_projections", None)
    parts = views if views is not None else [view]
    definition = [
        {
            "name": str(part.name),
            "entities": [str(each) for each in getattr(part, "entities", None) or ()],
            "features": [[str(each.name), str(each.dtype)] for each in part.features],
        }
        for part in parts
    ]
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
    return Reference(f"feast:{view.name}@sha256:{digest}", str(view.name))


def _delta(table: Any) -> Reference:  # noqa: ANN401 - an open table
    address = str(getattr(table, "table_uri", "")).rstrip("/")
    return Reference(f"delta:{int(table.version())}", address.rpartition("/")[2])


def _lakefs(reference: Any) -> Reference:  # noqa: ANN401 - a commit, tag, branch or reference
    repository = getattr(reference, "repo_id", "") or getattr(reference, "repository_id", "")
    if not repository:
        raise Lost("type", f"{type(reference).__name__} of lakeFS names no repository")
    return Reference(f"lakefs:{repository}@{reference.id}", str(repository))


_READERS = {"feast": _feast, "deltalake": _delta, "lakefs": _lakefs}
