# SPDX-License-Identifier: Apache-2.0
"""Fixtures of every test: folders of its own, and no warning in the log that nobody asked for."""

import itertools
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import no_internet
from support.long_files import LONG

# Matplotlib builds its font list once a machine and says so.
QUIET_LOGGERS = ("matplotlib.font_manager",)
FOREIGN_SETTINGS = ("STRONGROOM_", "MLFLOW_", "SLURM_", "LSB_", "AIRFLOW_", "ARGO_", "TRACEPARENT")

_numbers = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    """Cuts the network off; of a run on several workers the workers, which have tests, do it."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        no_internet.watch()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the long files first; within a file everything stays in its order."""
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(scope="session")
def private_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("private")


@pytest.fixture(autouse=True)
def private_folders(monkeypatch: pytest.MonkeyPatch, private_root: Path) -> None:
    """Keeps a test away from the stores, homes and settings of whoever runs it.

    The keyring is found over the message bus, so it stays the one of the session.
    """
    own = private_root / str(next(_numbers))
    for name in ("DATA_HOME", "CONFIG_HOME", "STATE_HOME"):
        monkeypatch.setenv(f"XDG_{name}", str(own / name.lower()))
    for name in list(os.environ):
        if name.startswith(FOREIGN_SETTINGS):
            monkeypatch.delenv(name)
    # Runs of tests hold what the test logs; programs of their own keep what programs keep.
    monkeypatch.setenv("STRONGROOM_CAPTURE", "none")


class _Listener(logging.Handler):
    """Collects warnings and worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(QUIET_LOGGERS):
            self.records.append(record)


@pytest.fixture(autouse=True)
def quiet_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that logged a warning; one that expects it asks for ``caplog`` and looks."""
    listener = _Listener()
    root = logging.getLogger()
    root.addHandler(listener)
    yield
    root.removeHandler(listener)
    if listener.records and "caplog" not in request.fixturenames:
        said = "\n".join(f"{record.name}: {record.getMessage()}" for record in listener.records)
        pytest.fail(f"unexpected in the log:\n{said}")


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fails a test that asked for a socket of the Internet, or began a process that could.

    What did so while modules were imported, or while an earlier test was taken down, fails the next
    test: nothing is forgotten.
    """
    if found := no_internet.asked():
        pytest.fail(f"before this test began, {found[0]}")
    yield
    if found := no_internet.asked():
        pytest.fail(found[0])
