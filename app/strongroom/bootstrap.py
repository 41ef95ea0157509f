# SPDX-License-Identifier: Apache-2.0
"""The composition root: the only place where concrete things are put together.

* A service is imported and made when it is first asked for: a window paints its frame, and a
  command answers, before Arrow, SQL or keys are read that nobody wanted yet.
* The members keep what they made; several threads may ask at once.
"""

import contextlib
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom.domain.clock import Clock, SystemClock
from strongroom.domain.places import (
    default_home,
    default_store,
    policy_file,
    project_file,
    settings_file,
)
from strongroom.domain.setting import SettingValue

if TYPE_CHECKING:
    from strongroom.services.access_review import AccessReviews
    from strongroom.services.alarms import Alarms
    from strongroom.services.artifact_repair import ArtifactRepair
    from strongroom.services.artifacts import Artifacts
    from strongroom.services.audit import Audit
    from strongroom.services.backups import Backups
    from strongroom.services.bundles import Bundles
    from strongroom.services.contract_check import ContractCheck
    from strongroom.services.curves import Curves
    from strongroom.services.datasets import Datasets
    from strongroom.services.evidence import Evidence
    from strongroom.services.exchange import Exchange
    from strongroom.services.experiments import Experiments
    from strongroom.services.handover import Handover
    from strongroom.services.identities import Identities
    from strongroom.services.integrity import Integrity
    from strongroom.services.metric_schema import MetricSchemas
    from strongroom.services.monitor import Monitor
    from strongroom.services.outgoing import Outgoing
    from strongroom.services.people import People
    from strongroom.services.registering import Registering
    from strongroom.services.registry import Registry
    from strongroom.services.review import Reviews
    from strongroom.services.revocations import Revocations
    from strongroom.services.rights import Rights
    from strongroom.services.root_keys import RootKeys
    from strongroom.services.rotation import Rotation
    from strongroom.services.run_comparison import RunComparison
    from strongroom.services.run_export import RunExport
    from strongroom.services.run_story import RunStories
    from strongroom.services.run_table import RunTable
    from strongroom.services.run_texts import RunTexts
    from strongroom.services.run_values import RunValues
    from strongroom.services.runs import Runs
    from strongroom.services.secrets import Secrets
    from strongroom.services.settings import Settings
    from strongroom.services.sticks import Sticks
    from strongroom.services.store_health import Health
    from strongroom.services.trust_forks import TrustForks
    from strongroom.services.viewing import Viewing
    from strongroom.services.waiting_drafts import WaitingDrafts
    from strongroom.services.witness import Witness
    from strongroom.services.workstation import Workstation
    from strongroom.store.mounts import Mount
    from strongroom.trust.identity import SecretsHandler
    from strongroom.trust.keychain import Keychain

PASSPHRASE_FILE = "STRONGROOM_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable


class Services:
    """Everything the window and the command line may call, for one person at one store.

    Args:
        store: The store's folder.
        home: The folder of the person.
        clock: What time it is.
        runs: The runs of the store, open.
        workstation: Makes what signs and reads the log, for the service that first needs it.
        plugged: Returns the sticks there are; the system's unless given.
    """

    def __init__(
        self,
        *,
        store: Path,
        home: Path,
        clock: Clock,
        runs: "Runs",
        workstation: "Callable[[], Workstation]",
        plugged: "Callable[[], tuple[Mount, ...]] | None" = None,
    ) -> None:
        self.store, self.home, self.clock = store, home, clock
        self.runs = runs
        self._workstation = workstation
        self._plugged = plugged

    @property
    def metric_schemas(self) -> "MetricSchemas":
        """What metrics mean."""
        return self.runs.metric_schemas

    @cached_property
    def workstation(self) -> "Workstation":
        """What the services of the team share: catalog, ledger, keys."""
        return self._workstation()

    @cached_property
    def run_table(self) -> "RunTable":
        """The runs as rows of a table."""
        from strongroom.services.run_table import RunTable

        return RunTable(self.runs)

    @cached_property
    def contract_check(self) -> "ContractCheck":
        """Which runs break which contract."""
        from strongroom.services.contract_check import ContractCheck

        return ContractCheck(self.runs)

    @cached_property
    def experiments(self) -> "Experiments":
        """The named groups of runs."""
        from strongroom.services.experiments import Experiments

        return Experiments(self.runs.catalog)

    @cached_property
    def run_values(self) -> "RunValues":
        """Single values of all runs, for plots."""
        from strongroom.services.run_values import RunValues

        return RunValues(self.runs.catalog, self.runs.questions)

    @cached_property
    def curves(self) -> "Curves":
        """Metrics over steps."""
        from strongroom.services.curves import Curves

        return Curves(self.runs)

    @cached_property
    def comparison(self) -> "RunComparison":
        """What differs between runs."""
        from strongroom.services.run_comparison import RunComparison

        return RunComparison(self.runs)

    @cached_property
    def run_texts(self) -> "RunTexts":
        """Texts of two runs, side by side."""
        from strongroom.services.run_texts import RunTexts

        return RunTexts(self.runs)

    @cached_property
    def artifacts(self) -> "Artifacts":
        """The files that runs keep."""
        from strongroom.services.artifacts import Artifacts

        return Artifacts(self.runs, self.outgoing)

    @cached_property
    def artifact_repair(self) -> "ArtifactRepair":
        """Who still has missing artifacts, and bringing them back."""
        from strongroom.services.artifact_repair import ArtifactRepair

        return ArtifactRepair(self.workstation, self.sticks)

    @cached_property
    def datasets(self) -> "Datasets":
        """The data that runs used."""
        from strongroom.services.datasets import Datasets

        return Datasets(self.runs)

    @cached_property
    def outgoing(self) -> "Outgoing":
        """Looks for secrets in what is taken out by hand."""
        from strongroom.services.outgoing import Outgoing, on_record

        return Outgoing(self.runs, on_record(self.workstation))

    @cached_property
    def run_export(self) -> "RunExport":
        """Run folders, copied out."""
        from strongroom.services.run_export import RunExport

        return RunExport(self.runs, self.outgoing)

    @cached_property
    def viewing(self) -> "Viewing":
        """What is to be seen in a file."""
        from strongroom.services.viewing import Viewing

        return Viewing(self.artifacts)

    @cached_property
    def run_stories(self) -> "RunStories":
        """Everything about one run."""
        from strongroom.services.run_story import RunStories

        return RunStories(self.runs, self.workstation)

    @cached_property
    def identities(self) -> "Identities":
        """This person and the key."""
        from strongroom.services.identities import Identities

        return Identities(self.workstation)

    @cached_property
    def people(self) -> "People":
        """Who is in the team, with which rights."""
        from strongroom.services.people import People

        return People(self.workstation)

    @cached_property
    def access_reviews(self) -> "AccessReviews":
        """Who could do what on a date, and what to tighten."""
        from strongroom.services.access_review import AccessReviews

        return AccessReviews(self.workstation)

    @cached_property
    def revocations(self) -> "Revocations":
        """What a revocation changes, before it is signed."""
        from strongroom.services.revocations import Revocations

        return Revocations(self.workstation, self.people.changes)

    @cached_property
    def rotation(self) -> "Rotation":
        """A new key for this workstation."""
        from strongroom.services.rotation import Rotation

        return Rotation(self.workstation, self.people.changes)

    @cached_property
    def root_keys(self) -> "RootKeys":
        """The keys above the admins, wherever they lie."""
        from strongroom.services.root_keys import RootKeys

        return RootKeys(self.workstation, self.people.changes)

    @cached_property
    def trust_forks(self) -> "TrustForks":
        """Two documents with one number, and the way out."""
        from strongroom.services.trust_forks import TrustForks

        return TrustForks(self.workstation, self.people.changes)

    @cached_property
    def waiting_drafts(self) -> "WaitingDrafts":
        """Changes of the team that others have to sign as well."""
        from strongroom.services.waiting_drafts import WaitingDrafts

        return WaitingDrafts(self.workstation, self.people.changes)

    @cached_property
    def registry(self) -> "Registry":
        """Registered models and their versions."""
        from strongroom.services.registry import Registry

        return Registry(self.workstation)

    @cached_property
    def rights(self) -> "Rights":
        """What each key of the team may do, and why."""
        from strongroom.services.rights import Rights

        return Rights(self.workstation)

    @cached_property
    def alarms(self) -> "Alarms":
        """What somebody has to look at."""
        from strongroom.services.alarms import Alarms

        return Alarms(self.workstation)

    @cached_property
    def registering(self) -> "Registering":
        """How versions come into the registry."""
        from strongroom.services.registering import Registering

        return Registering(self.workstation, self.registry)

    @cached_property
    def handover(self) -> "Handover":
        """Files of versions, and receipts for them."""
        from strongroom.services.handover import Handover

        return Handover(self.workstation, self.registry, self.outgoing)

    @cached_property
    def reviews(self) -> "Reviews":
        """Requests for stages, and answers."""
        from strongroom.services.review import Reviews

        return Reviews(self.workstation, self.registry, self.identities)

    @cached_property
    def exchange(self) -> "Exchange":
        """Other stores, by folders."""
        from strongroom.services.exchange import Exchange

        return Exchange(self.workstation, self.rotation)

    @cached_property
    def bundles(self) -> "Bundles":
        """One-file bundles, and receipts for them."""
        from strongroom.services.bundles import Bundles

        return Bundles(self.workstation, self.rotation)

    @cached_property
    def sticks(self) -> "Sticks":
        """What is plugged in."""
        from strongroom.services.sticks import Sticks

        if self._plugged is None:
            return Sticks(self.workstation)
        return Sticks(self.workstation, self._plugged)

    @cached_property
    def secrets(self) -> "Secrets":
        """What seems to be a secret, and what was let through."""
        from strongroom.services.secrets import Secrets

        return Secrets(self.workstation)

    @cached_property
    def backups(self) -> "Backups":
        """Copies of this store."""
        from strongroom.services.backups import Backups

        return Backups(self.workstation)

    @cached_property
    def health(self) -> "Health":
        """What waits in this store, and what takes its space."""
        from strongroom.services.store_health import Health

        return Health(self.workstation, self.backups, self.exchange)

    @cached_property
    def audit(self) -> "Audit":
        """The logs, and what contradicts itself in them."""
        from strongroom.services.audit import Audit

        return Audit(self.workstation, self.registry, self.witness)

    @cached_property
    def witness(self) -> "Witness":
        """Snapshots of every log, and how fresh the view here is."""
        from strongroom.services.witness import Witness

        return Witness(self.workstation)

    @cached_property
    def evidence(self) -> "Evidence":
        """Packages for auditors."""
        from strongroom.services.evidence import Evidence

        return Evidence(self.workstation, self.registry)

    @cached_property
    def integrity(self) -> "Integrity":
        """What works here, and what does not hold."""
        from strongroom.services.integrity import Integrity

        return Integrity(self.workstation, self.registry, self.witness)

    @cached_property
    def monitor(self) -> "Monitor":
        """What is to be watched of this store."""
        from strongroom.services.monitor import Monitor

        return Monitor(self.workstation, self.registry)

    def close(self) -> None:
        """Closes the catalog; the services are not used afterwards."""
        self.runs.catalog.close()


def app_name() -> str:
    """Returns the name and version written into events: ``strongroom/0.1.0``."""
    import importlib.metadata  # brings the parser of mail with it

    return f"strongroom/{importlib.metadata.version('strongroom')}"


def open_services(
    store: Path | None = None,
    home: Path | None = None,
    *,
    ask: "SecretsHandler | None" = None,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
    keychain: "Keychain | None" = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
    plugged: "Callable[[], tuple[Mount, ...]] | None" = None,
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
        plugged: Returns the sticks there are; the system's unless given.

    Raises:
        EnvironmentFault: ``E-SHARE``, ``E-STORE``, ``E-FULL``.
    """
    from strongroom.services.runs import open_runs

    keep_secrets_out_of_core_dumps()
    chosen_home = home or default_home(environ)
    ticking = clock or SystemClock()
    runs = open_runs(store or default_store(environ), ticking, random_bytes)

    def workstation() -> "Workstation":
        from strongroom.services.site_scanner import site_scanner
        from strongroom.services.workstation import Workstation
        from strongroom.trust.keychain import SystemKeychain

        return Workstation(
            runs,
            chosen_home,
            keychain=keychain or SystemKeychain(environ),
            ask=secrets_handler(ask, environ),
            clock=ticking,
            random_bytes=random_bytes,
            app=app_name(),
            scanner=lambda: site_scanner(policy_file(environ), settings_file(environ)),
        )

    return Services(
        store=store or default_store(environ),
        home=chosen_home,
        clock=ticking,
        runs=runs,
        workstation=workstation,
        plugged=plugged,
    )


def open_settings(
    environ: Mapping[str, str] = os.environ, flags: Mapping[str, SettingValue] | None = None
) -> "Settings":
    """Returns the settings of whoever sits here; a file that cannot be read says nothing.

    Args:
        environ: Where files lie, and values that hold for this start.
        flags: What the command line said.
    """
    from strongroom.services.settings import Settings

    return Settings(
        settings_file(environ),
        policy_file(environ),
        project=project_file(Path.cwd()),
        environ=environ,
        flags=flags,
    )


def secrets_handler(ask: "SecretsHandler | None", environ: Mapping[str, str]) -> "SecretsHandler":
    """Returns who gives the passphrase: the file that is named, else a person, else nobody."""
    from strongroom.trust.identity import passphrase_from_file

    named = environ.get(PASSPHRASE_FILE)
    if named:
        return passphrase_from_file(Path(named))
    return ask or (lambda _question: "")


def keep_secrets_out_of_core_dumps() -> None:
    """Forbids core dumps of this process: Python cannot wipe what it read (trust.md 4.3)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
