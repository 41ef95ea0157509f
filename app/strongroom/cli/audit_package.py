# SPDX-License-Identifier: Apache-2.0
"""``strongroom audit export`` and ``audit verify``: packages that hold without Strongroom."""

from __future__ import annotations

from pathlib import Path

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.session import services
from strongroom.domain.errors import BadInput
from strongroom.domain.ids import in_groups


def add_commands(root: click.Group) -> None:
    """Joins ``export`` and ``verify`` into the group ``audit``, which is there already."""
    group = root.commands["audit"]
    if isinstance(group, click.Group):
        group.add_command(export)
        group.add_command(verify)


@click.command()
@click.argument("version", metavar="NAME/VERSION", required=False, default="")
@click.option("--all", "is_all", is_flag=True, help="The whole team instead of one version.")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path),
    help="The folder that becomes the package: absent or empty. With --zip the file's name.",
)  # fmt: skip
@click.option("--zip", "is_zip", is_flag=True, help="One ZIP file instead of a folder.")
@shared_options
def export(version: str, is_all: bool, output: Path, is_zip: bool) -> None:
    """Write a signed package about NAME/VERSION that an auditor checks without Strongroom."""
    if is_all:
        raise BadInput(
            "E-USAGE",
            "A package of the whole team cannot be made yet",
            "Export one version at a time: strongroom audit export NAME/VERSION -o DIR.",
        )
    if not version:
        raise BadInput(
            "E-USAGE",
            "Name the version the package is about",
            "strongroom audit export NAME/VERSION -o DIR. strongroom models list shows them.",
        )
    with TerminalProgress() as progress:
        package = services().evidence.export(version, output, is_zip=is_zip, progress=progress)
    document = {
        "path": str(package.path),
        "tagmanifest": package.tagmanifest,
        "team": package.team,
        "verify_sha256": package.verify_sha256,
        "decision": package.decision,
        "sentence": package.sentence,
    }
    lines = [
        str(package.path),
        package.decision,
        package.sentence,
        "",
        "Tell the auditor in another way, on paper or by telephone:",
        f"  team id             {in_groups(package.team, groups=16)}",
        f"  SHA-256 verify.py   {in_groups(package.verify_sha256, groups=16)}",
        f"The package's own digest is {in_groups(package.tagmanifest, groups=16)}.",
    ]
    emit(document, lines)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--team", required=True, metavar="HEX", help="The team id you were told.")
@click.option("--all", "everything", is_flag=True, help="Check every signature.")
@shared_options
def verify(path: Path, team: str, everything: bool) -> int:
    """Check a package as an auditor does: exit code 0 it holds, 1 it does not, 2 it is none."""
    from strongroom.services.evidence import verify_package

    verdict = verify_package(path, team, everything=everything)
    document = {
        "ok": verdict.is_ok,
        "sentence": verdict.sentence,
        "findings": [each.to_json() for each in verdict.findings],
        "notes": [each.to_json() for each in verdict.notes],
        "checked": verdict.checked,
    }
    lines = [verdict.sentence]
    lines += [f"{each.code} {each.path}: {each.detail}" for each in verdict.findings]
    lines += [f"note: {each.code} {each.path}: {each.detail}" for each in verdict.notes]
    emit(document, lines)
    return verdict.exit_code
