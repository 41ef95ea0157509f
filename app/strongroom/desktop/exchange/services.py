# SPDX-License-Identifier: Apache-2.0
"""What the Exchange page asks, and what this workstation remembers without touching a share."""

from dataclasses import dataclass

from strongroom.domain.clock import Clock
from strongroom.services.audit import Audit, AuditEntry
from strongroom.services.bundles import Bundles
from strongroom.services.exchange import Exchange, ImportRecord, QuarantinedItem, RemoteInfo
from strongroom.services.experiments import Experiments
from strongroom.services.identities import Identities
from strongroom.services.people import People
from strongroom.services.registry import Registry
from strongroom.services.secrets import Secrets as Overrides
from strongroom.services.sticks import Sticks

PACKAGE_EVENTS = frozenset({"export.audit", "export.bundle"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeServices:
    """What the page asks."""

    exchange: Exchange
    people: People
    audit: Audit
    identities: Identities
    sticks: Sticks
    overrides: Overrides
    bundles: Bundles
    registry: Registry
    experiments: Experiments
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What this workstation remembers; no share is touched for it."""

    team: str = ""
    infos: tuple[RemoteInfo, ...] = ()
    quarantined: tuple[QuarantinedItem, ...] = ()
    imports: tuple[ImportRecord, ...] = ()
    packages: tuple[AuditEntry, ...] | None = None
    """None before somebody asked for them: the whole log is read to find them."""


def read_known(services: ExchangeServices, *, has_packages: bool) -> Known:
    """Reads what is remembered, packages only if asked for; not for the window's thread."""
    team = services.people.team_id()
    packages: tuple[AuditEntry, ...] | None = None
    if has_packages:
        packages = _packages(services.audit) if team else ()
    return Known(
        team=team,
        infos=services.exchange.remotes(),
        quarantined=services.exchange.quarantined(),
        imports=services.exchange.reports.kept(),
        packages=packages,
    )


def _packages(audit: Audit) -> tuple[AuditEntry, ...]:
    return tuple(entry for entry in audit.entries() if entry.type in PACKAGE_EVENTS)
