# SPDX-License-Identifier: Apache-2.0
"""``strongroom registry …``: the whole registry with its digest, and what contradicts itself."""

from collections import Counter
from typing import Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, table
from strongroom.cli.session import services
from strongroom.domain.registry import RegistryState


def add_commands(root: click.Group) -> None:
    """Joins ``registry`` into the tree of commands."""
    root.add_command(registry)


@click.group()
@shared_options
def registry() -> None:
    """The whole registry, and what contradicts itself."""


@registry.command()
@shared_options
def state() -> None:
    """Print the state; two stores with the same events print the same digest."""
    found = services().registry.state()
    rows = [
        (model.name, f"v{version.version}", version.stage, version.tree[:16])
        for model in found.models.values()
        for version in model.versions
    ]
    emit(
        {**found.to_json(), "digest": found.digest},
        [
            f"digest  {found.digest}",
            f"team    {found.team}, version {found.trust_version}",
            "",
            *table(("MODEL", "VERSION", "STAGE", "TREE"), rows),
        ],
    )


@registry.command()
@shared_options
def conflicts() -> None:
    """List moves and registrations that contradict each other."""
    found = services().registry.state()
    moves = [
        {"model": model.name, "requests": list(group)}
        for model in found.models.values()
        for group in model.conflicts
    ]
    numbers = _shared_numbers(found)
    lines = [
        f"{each['model']}: {' and '.join(id_[:12] for id_ in each['requests'])} were approved at"
        " the same time; a new request names both and resolves them"
        for each in moves
    ]
    lines += [
        f"{each['model']}/{each['version']} means several registrations: "
        + ", ".join(f"{each['version']}+{tree[:8]}" for tree in each["trees"])
        for each in numbers
    ]
    emit({"conflicts": moves, "versions": numbers}, lines or ["Nothing contradicts itself."])


def _shared_numbers(state: RegistryState) -> list[dict[str, Any]]:
    """Returns the version numbers that two workstations gave to different files."""
    found: list[dict[str, Any]] = []
    for model in state.models.values():
        counts = Counter(version.version for version in model.versions)
        for number, count in sorted(counts.items()):
            if count > 1:
                trees = [each.tree for each in model.versions if each.version == number]
                found.append({"model": model.name, "version": number, "trees": trees})
    return found
