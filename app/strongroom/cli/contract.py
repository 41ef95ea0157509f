# SPDX-License-Identifier: Apache-2.0
"""``strongroom contract …``: what runs have to have; who breaks it; repairing many at once."""

from dataclasses import replace
from pathlib import Path

import click

from strongroom.cli.chosen_runs import Choice, by_filter, chosen
from strongroom.cli.contract_lines import (
    contract_document,
    contract_rows,
    finding_document,
    finding_lines,
    proposal_lines,
    violation_document,
)
from strongroom.cli.options import shared_options
from strongroom.cli.output import EXIT_FINDING, emit, say, table
from strongroom.cli.progress import TerminalProgress
from strongroom.cli.runs import REFERENCE, edited
from strongroom.cli.session import open_fresh
from strongroom.domain.contract_text import MAX_BYTES, parse_contract, write_contract
from strongroom.domain.errors import BadInput
from strongroom.services.contract_check import ContractCheck
from strongroom.services.contract_learning import drafted, learn
from strongroom.services.contract_repair import rule_of, take_waiver_back, waive
from strongroom.services.run_edits import EditOutcome
from strongroom.services.runs import Runs

FILE = click.Path(path_type=Path, allow_dash=True, dir_okay=False)


def add_commands(root: click.Group) -> None:
    """Joins ``contract`` into the tree of commands."""
    root.add_command(contract)


@click.group()
@shared_options
def contract() -> None:
    """What runs have to have, and which break it."""


@contract.command()
@click.argument("name", default="", metavar="[NAME]")
@click.option("--version", default=0, type=click.IntRange(0), help="An earlier version.")
@shared_options
def show(name: str, version: int) -> int:
    """List the contracts, or print one as ``contract set`` reads it."""
    contracts = open_fresh().contracts
    if name:
        found = contracts.get(name, version)
        emit(contract_document(found), write_contract(found).rstrip("\n").split("\n"))
        return 0
    held = contracts.held()
    for problem in held.problems:
        say(f"E-CONTRACT: {problem}")
    emit(
        {
            "contracts": [contract_document(each) for each in held.contracts],
            "problems": held.problems,
        },
        table(("CONTRACT", "EXPERIMENTS", "RULES", "STATE"), map(contract_rows, held.contracts)),
    )
    return EXIT_FINDING if held.problems else 0


@contract.command(name="set")
@click.argument("file", metavar="FILE", type=FILE)
@click.option(
    "--after",
    default=None,
    type=click.IntRange(0),
    help="Only if this is still the newest version; 0 for a new name.",
)
@shared_options
def set_contract(file: Path, after: int | None) -> None:
    """State a contract from a TOML file; - reads standard input."""
    runs = open_fresh()
    stated = runs.contracts.state(parse_contract(_bytes(file)), after=after)
    found = ContractCheck(runs).findings(contracts=[stated])
    emit(
        {**contract_document(stated), "held": found.held, "broken": found.broken},
        [
            f"{stated.title} is in force: {len(stated.rules)} rules",
            f"{found.broken:,} of {found.held:,} runs break it",
        ],
    )


@contract.command()
@click.argument("name")
@shared_options
def retire(name: str) -> None:
    """Let a contract speak for nobody any more; its versions stay."""
    retired = open_fresh().contracts.retire(name)
    emit(contract_document(retired), [f"{retired.name} speaks for nobody since {retired.title}"])


@contract.command()
@click.argument("filter_", default="", metavar="[FILTER]")
@click.option("--experiment", default="", help="Only runs of this experiment.")
@click.option("--run", "run", default="", metavar=REFERENCE, help="One run, with every sentence.")
@click.option("--draft", default=None, type=FILE, help="A contract that is not in force yet.")
@shared_options
def check(filter_: str, experiment: str, run: str, draft: Path | None) -> int:
    """Say which runs break which rule; exit code 1 if one breaks what it must keep."""
    runs = open_fresh()
    checking = ContractCheck(runs)
    if run:
        found = checking.run(run)
        emit(
            {"violations": [violation_document(each) for each in found]},
            [
                f"{each.rule.level.value:<6}  {each.contract}: {each.sentence}"
                + (f" (waived: {each.waived})" if each.waived else "")
                for each in found
            ]
            or ["It keeps what it is held to"],
        )
        return EXIT_FINDING if any(each.stops for each in found) else 0
    drafts = None if draft is None else [parse_contract(_bytes(draft))]
    with TerminalProgress() as progress:
        findings = checking.findings(
            filter_, experiment=experiment, contracts=drafts, progress=progress
        )
    for problem in findings.problems:
        say(f"E-CONTRACT: {problem}")
    emit(finding_document(findings), finding_lines(findings))
    is_broken = any(each.broken and each.rule.level.value == "must" for each in findings.rules)
    return EXIT_FINDING if is_broken or findings.problems else 0


@contract.command(name="learn")
@click.argument("name")
@click.argument("references", metavar="RUN…", nargs=-1)
@click.option("--filter", "filter_", default=None, metavar="FILTER", help="In place of RUN.")
@click.option("--experiment", default="", help="With --filter: only runs of this experiment.")
@click.option(
    "--nearly",
    default=80.0,
    show_default=True,
    type=click.FloatRange(1, 100),
    help="Percent of the runs that make something worth a should.",
)
@click.option("-o", "--output", default=None, type=FILE, help="Write it for contract set.")
@shared_options
def learn_contract(
    name: str,
    references: tuple[str, ...],
    filter_: str | None,
    experiment: str,
    nearly: float,
    output: Path | None,
) -> None:
    """Propose a contract from runs that are as they should be; nothing is stated."""
    runs = open_fresh()
    choice = Choice(references=references, filter=filter_, experiment=experiment, is_sure=True)
    named = chosen(runs, choice, "learn from") or ()
    with TerminalProgress() as progress:
        proposals = learn(runs, named, nearly=nearly / 100, progress=progress)
    proposed = drafted(name, proposals, (experiment,) if experiment else ())
    known = runs.contracts.versions(name)
    proposed = replace(proposed, version=known[-1] + 1 if known else 1)
    text = write_contract(proposed)
    if output is not None and str(output) != "-":
        output.write_text(text, encoding="utf-8")
    emit(
        {
            **contract_document(proposed),
            "proposals": [
                {"about": each.rule.about, "having": each.having, "of": each.of}
                for each in proposals
            ],
        },
        text.rstrip("\n").split("\n") if str(output) == "-" else proposal_lines(proposals),
    )


@contract.command()
@click.argument("references", metavar="RUN…", nargs=-1)
@click.option("--tag", nargs=2, default=None, metavar="KEY VALUE", help="Set a tag.")
@click.option("--rename-tag", nargs=2, default=None, metavar="OLD NEW", help="Rename a tag.")
@click.option("--param", nargs=2, default=None, metavar="KEY VALUE", help="Add a lacking param.")
@click.option("--waive", "waived", nargs=2, default=None, metavar="CONTRACT RULE",
              help="Waive a rule, with --reason.")  # fmt: skip
@click.option("--hold", "held", nargs=2, default=None, metavar="CONTRACT RULE",
              help="Take a waiver back.")  # fmt: skip
@click.option("--reason", default="", help="Why a rule is waived.")
@by_filter
@shared_options
def repair(
    references: tuple[str, ...],
    tag: tuple[str, str] | None,
    rename_tag: tuple[str, str] | None,
    param: tuple[str, str] | None,
    waived: tuple[str, str] | None,
    held: tuple[str, str] | None,
    reason: str,
    filter_: str | None,
    inside: str,
    is_sure: bool,
) -> int:
    """Repair runs in bulk: one of --tag, --rename-tag, --param, --waive, --hold."""
    verbs = {"tag": tag, "rename": rename_tag, "param": param, "waive": waived, "hold": held}
    asked = [(verb, words) for verb, words in verbs.items() if words is not None]
    if len(asked) != 1:
        raise BadInput(
            "E-USAGE",
            "Say one of --tag, --rename-tag, --param, --waive, --hold",
            "Example: strongroom contract repair --filter \"contract.breaks = 'tags.owner'\" "
            "--tag owner mara --yes",
        )
    runs = open_fresh()
    choice = Choice(references=references, filter=filter_, experiment=inside, is_sure=is_sure)
    found = chosen(runs, choice, "repair")
    if found is None:
        return 0
    ((verb, (one, other)),) = asked
    return edited(_repaired(runs, tuple(found), verb, one, other, reason), "Repaired")


def _repaired(
    runs: Runs, found: tuple[str, ...], verb: str, one: str, other: str, reason: str
) -> EditOutcome:
    edits = runs.edits
    if verb == "tag":
        return edits.tag(found, one, other)
    if verb == "rename":
        return edits.rename_tag(found, one, other)
    if verb == "param":
        return edits.add_param(found, one, other)
    of, rule = rule_of(runs, one, other)
    if verb == "waive":
        return waive(edits, found, of, rule, reason)
    return take_waiver_back(edits, found, of, rule)


def _bytes(file: Path) -> bytes:
    with click.open_file(str(file), "rb") as stream:
        data: bytes = stream.read(MAX_BYTES + 1)
        return data
