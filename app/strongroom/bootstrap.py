# SPDX-License-Identifier: Apache-2.0
"""The composition root: the only place where concrete things are put together."""

import contextlib
import importlib.metadata
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from strongroom.domain.clock import Clock, SystemClock
from strongroom.domain.places import (
    default_home,
    default_store,
    policy_file,
    project_file,
    settings_file,
)
from strongroom.domain.setting import SettingValue
from strongroom.services.artifacts import Artifacts
from strongroom.services.audit import Audit
from strongroom.services.curves import Curves
from strongroom.services.evidence import Evidence
from strongroom.services.exchange import Exchange
from strongroom.services.experiments import Experiments
from strongroom.services.handover import Handover
from strongroom.services.identities import Identities
from strongroom.services.integrity import Integrity
from strongroom.services.metric_schema import MetricSchemas
from strongroom.services.monitor import Monitor
from strongroom.services.people import People
from strongroom.services.registering import Registering
from strongroom.services.registry import Registry
from strongroom.services.review import Reviews
from strongroom.services.run_comparison import RunComparison
from strongroom.services.run_story import RunStories
from strongroom.services.run_table import RunTable
from strongroom.services.run_texts import RunTexts
from strongroom.services.run_values import RunValues
from strongroom.services.runs import Runs, open_runs
from strongroom.services.settings import Settings
from strongroom.services.viewing import Viewing
from strongroom.services.workstation import Workstation
from strongroom.trust.identity import SecretsHandler, passphrase_from_file
from strongroom.trust.keychain import Keychain, SystemKeychain

PASSPHRASE_FILE = "STRONGROOM_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the window and the command line may call, for one person at one store."""

    store: Path
    home: Path
    clock: Clock
    runs: Runs
    run_table: RunTable
    experiments: Experiments
    run_values: RunValues
    metric_schemas: MetricSchemas
    curves: Curves
    comparison: RunComparison
    run_texts: RunTexts
    artifacts: Artifacts
    viewing: Viewing
    run_stories: RunStories
    identities: Identities
    people: People
    registry: Registry
    registering: Registering
    handover: Handover
    reviews: Reviews
    exchange: Exchange
    audit: Audit
    evidence: Evidence
    integrity: Integrity
    monitor: Monitor
    workstation: Workstation

    def close(self) -> None:
        """Closes the catalog; the services are not used afterwards."""
        self.workstation.catalog.close()


def app_name() -> str:
    """Returns the name and version written into events: ``strongroom/0.1.0``."""
    return f"strongroom/{importlib.metadata.version('strongroom')}"


def open_services(
    store: Path | None = None,
    home: Path | None = None,
    *,
    ask: SecretsHandler | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    keychain: Keychain | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> Services:
    """Opens a store for the person of a home.

    Args:
        store: The store's folder; made if it does not exist.
        home: The folder of identities and settings.
        ask: Asks for a passphrase where no file gives it.
        environ: Where ``STRONGROOM_PASSPHRASE_FILE`` and the defaults come from.
        clock: What time it is.
        keychain: The operating system's unless given.
        random_bytes: Where keys and names come from.

    Raises:
        EnvironmentFault: ``E-SHARE``, ``E-STORE``, ``E-FULL``.
    """
    keep_secrets_out_of_core_dumps()
    chosen_store = store or default_store(environ)
    chosen_home = home or default_home(environ)
    ticking = clock or SystemClock()
    runs = open_runs(chosen_store, ticking, random_bytes)
    workstation = Workstation(
        runs,
        chosen_home,
        keychain=keychain or SystemKeychain(environ),
        ask=secrets_handler(ask, environ),
        clock=ticking,
        random_bytes=random_bytes,
        app=app_name(),
    )
    identities = Identities(workstation)
    registry = Registry(workstation)
    artifacts = Artifacts(runs)
    return Services(
        store=chosen_store,
        home=chosen_home,
        clock=ticking,
        runs=runs,
        run_table=RunTable(runs),
        experiments=Experiments(runs.catalog),
        run_values=RunValues(runs.catalog, runs.metric_schemas),
        metric_schemas=runs.metric_schemas,
        curves=Curves(runs),
        comparison=RunComparison(runs),
        run_texts=RunTexts(runs),
        artifacts=artifacts,
        viewing=Viewing(artifacts),
        run_stories=RunStories(runs, workstation),
        identities=identities,
        people=People(workstation),
        registry=registry,
        registering=Registering(workstation, registry),
        handover=Handover(workstation, registry),
        reviews=Reviews(workstation, registry, identities),
        exchange=Exchange(workstation),
        audit=Audit(workstation, registry),
        evidence=Evidence(workstation, registry),
        integrity=Integrity(workstation, registry),
        monitor=Monitor(workstation, registry),
        workstation=workstation,
    )


def open_settings(
    environ: Mapping[str, str] = os.environ, flags: Mapping[str, SettingValue] | None = None
) -> Settings:
    """Returns the settings of whoever sits here; a file that cannot be read says nothing.

    Args:
        environ: Where files lie, and values that hold for this start.
        flags: What the command line said.
    """
    return Settings(
        settings_file(environ),
        policy_file(environ),
        project=project_file(Path.cwd()),
        environ=environ,
        flags=flags,
    )


def secrets_handler(ask: SecretsHandler | None, environ: Mapping[str, str]) -> SecretsHandler:
    """Returns who gives the passphrase: the file that is named, else a person, else nobody."""
    named = environ.get(PASSPHRASE_FILE)
    if named:
        return passphrase_from_file(Path(named))
    return ask or (lambda _question: "")


def keep_secrets_out_of_core_dumps() -> None:
    """Forbids core dumps of this process: Python cannot wipe what it read (trust.md 4.3)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
