# SPDX-License-Identifier: Apache-2.0
"""Upgrading a store, for people who want to look first: what changes, doing it, and back.

* Opening a store brings its catalog up to date by itself. This is the same with a look before, a
  copy beside it, and a way back for who returns to an older version.
"""

from pathlib import Path

from strongroom.domain.migration import MigrationPlan
from strongroom.store import migration


def preview(store: Path) -> MigrationPlan:
    """Returns what this version would change of a store; nothing is written.

    Raises:
        BadInput: ``E-STORE`` if there is none.
        Untrusted: ``E-FORMAT``, ``E-CANON``, ``E-SIZE``.
    """
    return migration.plan_migration(store)


def migrate(store: Path) -> MigrationPlan:
    """Brings a store to this version after keeping what it replaces; returns what was done.

    Raises:
        EnvironmentFault: ``E-FULL``, ``E-STORE``, ``E-SHARE``.
        As `preview`.
    """
    return migration.migrate(store)


def take_back(store: Path) -> int:
    """Puts back what the last upgrade has replaced; returns the schema number of the catalog.

    Raises:
        BadInput: ``E-STORE`` if there is nothing to take back.
        EnvironmentFault: ``E-FULL``, ``E-STORE``.
    """
    return migration.take_back(store)
