# SPDX-License-Identifier: Apache-2.0
"""Stores and catalogs as released versions wrote them, kept in ``tests/examples``.

* `store-1` was written by the first version that had the format; `catalog-N.sql` is what each
  released schema's own code made of it. None of them is ever written again.
* A checkout does not keep times of folders, so a catalog's stamps never match: the next look reads
  the folders again, as it does where a store was copied.
"""

import shutil
import sqlite3
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
STORE_FORMATS = tuple(
    sorted(int(path.name.removeprefix("store-")) for path in EXAMPLES.glob("store-*"))
)
CATALOG_SCHEMAS = tuple(
    sorted(int(path.stem.removeprefix("catalog-")) for path in EXAMPLES.glob("catalog-*.sql"))
)


def copy_store(number: int, to: Path) -> Path:
    """Copies the store of a format; returns its folder."""
    return Path(shutil.copytree(EXAMPLES / f"store-{number}", to))


def put_catalog(schema: int, path: Path) -> None:
    """Makes the catalog of a schema, as its own version left it."""
    connection = sqlite3.connect(path)
    connection.executescript((EXAMPLES / f"catalog-{schema}.sql").read_text(encoding="utf-8"))
    connection.close()
