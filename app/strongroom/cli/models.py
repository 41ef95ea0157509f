# SPDX-License-Identifier: Apache-2.0
"""``strongroom models …``: registered models, their versions, and handing them over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strongroom.cli.options import shared_options
from strongroom.cli.output import emit, table
from strongroom.cli.session import services
from strongroom.domain.ids import in_groups

if TYPE_CHECKING:
    from strongroom.domain.registry import ModelVersion, RegisteredModel
    from strongroom.services.registry import StageChange, VersionDetail


def add_commands(root: click.Group) -> None:
    """Joins ``models`` into the tree of commands."""
    root.add_command(models)


@click.group()
@shared_options
def models() -> None:
    """Registered models, their versions, and handing them over."""


@models.command(name="list")
@shared_options
def list_models() -> None:
    """List registered models."""
    found = services().registry.models()
    rows = [
        (
            model.name,
            str(len(model.versions)),
            *(_number(model.holder(stage)) for stage in ("Production", "Staging")),
            ", ".join(f"{alias}=v{key[1]}" for alias, key in sorted(model.aliases.items())),
        )
        for model in found
    ]
    header = ("MODEL", "VERSIONS", "PRODUCTION", "STAGING", "ALIASES")
    emit({"models": [_model_document(model) for model in found]}, table(header, rows))


@models.command()
@click.argument("name", metavar="NAME[/VERSION]")
@shared_options
def show(name: str) -> None:
    """Show a model, or one version with its files and metrics."""
    registry = services().registry
    if "/" in name:
        detail = registry.show(name)
        emit(_detail_document(detail), _detail_lines(detail))
        return
    model = registry.model(name)
    rows = [
        (f"v{each.version}", each.stage, in_groups(each.tree, 4), each.run[:8], each.registered)
        for each in model.versions
    ]
    lines = table(("VERSION", "STAGE", "TREE", "RUN", "REGISTERED"), rows)
    emit(_model_document(model), lines)


@models.command()
@click.argument("run", metavar="RUN")
@click.argument("artifact", metavar="ARTIFACT")
@click.argument("name", metavar="NAME")
@shared_options
def register(run: str, artifact: str, name: str) -> None:
    """Make a model that a run logged the next version of NAME."""
    made = services().registering.register(run, artifact, name)
    version = made.version
    emit(
        {
            "model": version.model,
            "version": version.version,
            "tree": version.tree,
            "event": made.event,
        },
        [
            f"Registered {version.model}/{version.version}.",
            f"Tree digest {in_groups(version.tree)}",
        ],
    )


@models.command()
@click.argument("name", metavar="NAME")
@click.option("--at", default="", metavar="TIME", help="As of a time: 2026-11-20 or more.")
@shared_options
def history(name: str, at: str) -> None:
    """List the moves of a model that took effect, oldest first."""
    changes = services().registry.history(name, at=at)
    rows = [
        (
            each.time,
            f"v{each.version}",
            f"{each.from_stage} → {each.to_stage}",
            each.requester,
            ", ".join(each.approvers) + (" (emergency)" if each.is_emergency else ""),
        )
        for each in changes
    ]
    header = ("TIME", "VERSION", "MOVE", "REQUESTED BY", "APPROVED BY")
    emit({"history": [_change_document(each) for each in changes]}, table(header, rows))


@models.command()
@click.argument("uri", metavar="URI")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to make.",
)
@click.option("--require", default="", metavar="STAGE", help="Refuse a version not in STAGE.")
@shared_options
def get(uri: str, output: Path, require: str) -> None:
    """Hand a version over, checked, with receipt.json beside its files.

    URI: models:/NAME/VERSION, models:/NAME@ALIAS, models:/NAME/STAGE or runs:/RUN/PATH.
    """
    receipt = services().handover.get(uri, output, require=require)
    names = [approval["name"] for approval in receipt.get("approvals", ())]
    what = f"{receipt['model']}/{receipt['version']}" if "model" in receipt else receipt["uri"]
    approved = f", approved by {', '.join(names)}" if names else ", approved by nobody"
    lines = [f"Wrote {what}{approved}, to {output}.", f"Tree digest {in_groups(receipt['tree'])}"]
    emit(receipt, lines)


@models.command()
@click.argument("name", metavar="NAME")
@click.argument("alias", metavar="ALIAS")
@click.argument("version", metavar="VERSION")
@shared_options
def alias(name: str, alias: str, version: str) -> None:
    """Point ALIAS at a version; VERSION 0 removes it."""
    at = services()
    at.registry.set_alias(name, alias, version)
    key = at.registry.model(name).aliases.get(alias)
    document = {
        "model": name,
        "alias": alias,
        "version": key[1] if key else 0,
        "tree": key[2] if key else "",
    }
    said = f"{name}@{alias} is v{key[1]}." if key else f"{name}@{alias} is gone."
    emit(document, [said])


@models.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--signature",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The signature: model.sig.",
)
@click.option(
    "--key",
    required=True,
    metavar="PEM",
    type=click.Path(path_type=Path),
    help="The signer's public key, told out of band.",
)
@shared_options
def verify(folder: Path, signature: Path, key: Path) -> int:
    """Check a folder against a signature of OpenSSF Model Signing; needs no store."""
    from strongroom.services.model_signing import check_model

    check = check_model(folder, signature, key)
    lines = [f"{found.code} {found.path}: {found.detail}" for found in check.findings]
    verdict = "holds what was signed" if check.is_ok else "does not hold what was signed"
    lines.append(f"{folder} {verdict}: {check.name}, {check.file_count:,} files")
    document = {
        "ok": check.is_ok,
        "name": check.name,
        "files": check.file_count,
        "findings": [
            {"code": found.code, "path": found.path, "detail": found.detail}
            for found in check.findings
        ],
    }
    emit(document, lines)
    return 0 if check.is_ok else 1


def version_document(version: ModelVersion) -> dict[str, Any]:
    """Returns a version as ``models list --json`` prints it."""
    return {
        "version": version.version,
        "tree": version.tree,
        "stage": version.stage,
        "run": version.run,
        "artifact": version.artifact,
        "registered": version.registered,
        "format_risk": version.format_risk,
        "flavors": list(version.flavors),
        "by": version.by,
    }


def _model_document(model: RegisteredModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "versions": [version_document(version) for version in model.versions],
        "aliases": {
            alias: {"version": key[1], "tree": key[2]} for alias, key in model.aliases.items()
        },
        "conflicts": [list(group) for group in model.conflicts],
    }


def _detail_document(detail: VersionDetail) -> dict[str, Any]:
    inspection = detail.inspection
    return {
        "model": detail.version.model,
        **version_document(detail.version),
        "registrar": detail.registrar,
        "run_name": detail.run_name,
        "aliases": list(detail.aliases),
        "content_here": detail.is_content_here,
        "metrics": detail.metrics,
        "params": detail.params,
        "scan": inspection.scan_result if inspection else "",
        "files": [
            {"path": each.path, "size": each.size_bytes, "sha256": each.sha256}
            for each in detail.files
        ],
    }


def _detail_lines(detail: VersionDetail) -> list[str]:
    version = detail.version
    lines = [
        f"{version.model}/{version.version}  {version.stage}",
        f"tree        {in_groups(version.tree)}",
        f"run         {version.run[:8]} {detail.run_name}",
        f"registered  {version.registered} by {detail.registrar}",
        f"loading     {version.format_risk}",
        f"flavors     {', '.join(version.flavors)}",
        f"aliases     {', '.join(detail.aliases)}",
    ]
    if not detail.is_content_here:
        lines.append("content     not in this store; pull from a remote that holds it")
    lines += [f"metric  {key} = {value!r}" for key, value in sorted(detail.metrics.items())]
    lines += [f"param   {key} = {value}" for key, value in sorted(detail.params.items())]
    return lines + [f"file    {each.path} ({each.size_bytes:,} bytes)" for each in detail.files]


def _change_document(change: StageChange) -> dict[str, Any]:
    return {
        "time": change.time,
        "version": change.version,
        "tree": change.tree,
        "from": change.from_stage,
        "to": change.to_stage,
        "requester": change.requester,
        "approvers": list(change.approvers),
        "request": change.request,
        "emergency": change.is_emergency,
    }


def _number(version: ModelVersion | None) -> str:
    return f"v{version.version}" if version else ""
