# SPDX-License-Identifier: Apache-2.0
"""A dataset as a run's input: name, digest, schema, row count, profile and where it came from.

* The digest says whether the data is still the same; the source only says where it was.
* The path is where the bytes were read, if the source says something else.
* The version is the id of another tool that keeps the data; the snapshot is an artifact of the run.
* Everything is text, so any store, table or screen can hold it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInput:
    """A dataset a run used, and what for (``context``: training, validation, test, …)."""

    name: str
    digest: str = ""
    context: str = "training"
    source: str = ""
    source_type: str = ""
    path: str = ""
    schema: str = ""
    rows: str = ""
    profile: str = ""
    """What the columns hold, as `data_profile` writes it."""
    size: str = ""
    version: str = ""
    snapshot: str = ""

    def as_texts(self) -> dict[str, str]:
        """Returns the fields that are known, as the journal and the catalog keep them."""
        fields = {
            "name": self.name,
            "digest": self.digest,
            "context": self.context,
            "source": self.source,
            "source_type": self.source_type,
            "path": self.path,
            "schema": self.schema,
            "rows": self.rows,
            "profile": self.profile,
            "size": self.size,
            "version": self.version,
            "snapshot": self.snapshot,
        }
        return {key: text for key, text in fields.items() if text}
