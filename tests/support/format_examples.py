# SPDX-License-Identifier: Apache-2.0
"""The byte examples of docs/reference/format.md, made by the product's own code.

* Keys, clock and randomness are fixed (`support.format_story`), so the bytes are the same each
  time. What another library decides (the digest of a Parquet file, a P-256 signature) or what
  changes with the program's own pages (an audit package's digests) is shown as ``…``.
* An example stands on the page between ``<!-- example: NAME -->`` and ``<!-- end -->``.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from strongroom.domain.artifact import ArtifactFile, tree_digest
from strongroom.domain.clock import FixedClock
from strongroom.domain.metric_schema import Direction, MetricRule
from strongroom.journal.layout import Header, Kind, pack_header, pack_metric, pack_other
from strongroom.journal.plain_lines import header_line, plain_line
from strongroom.services.attempts import Attempts
from strongroom.services.evidence import Evidence
from strongroom.services.handover import Handover
from strongroom.store.attempt_book import AttemptBook
from strongroom.store.liveness import observe
from strongroom.store.metric_rules import write_rules
from strongroom.store.quarantine import Quarantine
from strongroom.store.repository import Repository
from strongroom.store.sealing import seal
from support.format_story import RUN, START_US, WRITER8, Story, log_a_run, tell

MARKER = re.compile(r"(<!-- example: ([\w.-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
WIDTH = 96
HIDDEN = "…"


def fill(page: str, examples: Mapping[str, str]) -> str:
    """Returns the page with every example between its markers.

    Raises:
        KeyError: If the page asks for an example that nobody makes.
    """
    return MARKER.sub(lambda found: found[1] + examples[found[2]] + found[3], page)


def named(page: str) -> list[str]:
    """Returns the examples a page asks for."""
    return [found[1] for found in MARKER.findall(page)]


def examples(folder: Path) -> dict[str, str]:
    """Makes every example below a new folder."""
    story = tell(folder / "story")
    makers: tuple[Callable[[Story], Iterator[tuple[str, str]]], ...] = (
        _of_the_run, _of_the_home, _of_the_ledger, _of_what_leaves,
    )  # fmt: skip
    made = {name: text for make in makers for name, text in make(story)}
    return {
        "journal": _journal(),
        "plain-journal": _plain_journal(),
        **dict(_of_metrics(folder / "other")),
        **made,
    }


# ---------------------------------------------------------------- journal and run folder


def _journal() -> str:
    header = pack_header(
        Header(run_id=RUN, writer=WRITER8, pid=4242, created_us=START_US, boot_id="5e1f3a2b-c4d")
    )
    key = pack_other(Kind.KEY, {"id": 1, "name": "loss"})
    metric = pack_metric(1, 7, START_US + 1_000_000, 0.25)
    lines = [
        *_fields(0, header, (8, "magic SRJOURN1"), (2, "version 1"), (2, "flags 0"),
                 (4, "process 4242"), (16, "run id"), (8, "writer id"), (8, "created"),
                 (12, "boot id, its head"), (4, "CRC-32 of the 60 bytes before")),
        "",
        *_fields(64, key, (4, "CRC-32 of the rest"), (4, "0xF0000000 + 1: key"),
                 (4, "22 bytes of body"), (4, "0"), (22, '{"id":1,"name":"loss"}'),
                 (26, "zeros up to the boundary")),
        "",
        *_fields(64 + len(key), metric, (4, "CRC-32 of the 28 bytes after"), (4, "key 1"),
                 (8, "step 7"), (8, "time"), (8, "value 0.25")),
    ]  # fmt: skip
    return _block("\n".join(lines))


def _plain_journal() -> str:
    header = Header(run_id=RUN, writer="", pid=4242, created_us=START_US, boot_id="5e1f3a2b-c4d")
    lines = [
        {"status": "RUNNING", "time": START_US},
        {"param": "rate", "value": "0.1"},
        {"metric": "loss", "value": 0.25, "step": 7, "time": START_US + 1_000_000},
        {"end": "FINISHED", "time": START_US + 2_000_000},
    ]
    data = header_line(header, "strongroom log") + b"".join(map(plain_line, lines))
    return _block(data.decode().rstrip("\n"))


def _fields(offset: int, data: bytes, *fields: tuple[int, str]) -> Iterator[str]:
    """Yields a line a field; a long one goes on in further lines."""
    if sum(size for size, _ in fields) != len(data):
        raise ValueError("the fields do not add up to the record")
    at = 0
    for size, meaning in fields:
        for start in range(at, at + size, 16):
            piece = data[start : min(start + 16, at + size)]
            told = meaning if start == at else ""
            yield f"{offset + start:04x}  {piece.hex(' '):<47}  {told}".rstrip()
        at += size


def _of_metrics(store: Path) -> Iterator[tuple[str, str]]:
    """Yields what sealing writes for a run with two points."""
    records = [
        pack_other(Kind.KEY, {"id": 1, "name": "loss"}),
        pack_metric(1, 0, START_US + 1_000_000, 0.5),
        pack_metric(1, 1, START_US + 2_000_000, 0.25),
        pack_other(Kind.NOTE, {"text": "warm start"}),
    ]
    folder = log_a_run(store, records)
    if not seal(folder, observe(START_US + 10_000_000)):
        raise ValueError("the run of the example was not sealed")
    document = json.loads((folder / "sealed.json").read_bytes())
    (metrics,) = document["files"]
    metrics["sha256"], metrics["size"] = HIDDEN, HIDDEN
    yield "sealed.json", _indented(document)
    index = (pq.read_metadata(folder / "metrics.parquet").metadata or {})[b"strongroom"]
    yield "parquet-index", _wrapped(index)


def _of_the_run(story: Story) -> Iterator[tuple[str, str]]:
    folder = story.ann.at.runs.run_folder(RUN)
    yield "run.json", _wrapped((folder / "run.json").read_bytes())
    pack = next(folder.glob("*.pack")).read_bytes()
    fields = (8, "magic SRPACK01"), (8, "zeros"), (8, '"depth 8" and a newline')
    yield "pack", _block("\n".join(_fields(0, pack, *fields)))
    yield "store.json", _wrapped((story.store / "store.json").read_bytes())
    write_rules(
        story.store / "metric-schema.json",
        [
            MetricRule(key="latency", unit="ms", direction=Direction.LOWER, low=0),
            MetricRule(key="val/acc", unit="%", direction=Direction.HIGHER, low=0, high=100),
        ],
    )
    yield "metric-schema.json", _wrapped((story.store / "metric-schema.json").read_bytes())


# ---------------------------------------------------------------- home


def _of_the_home(story: Story) -> Iterator[tuple[str, str]]:
    home = story.ann.at.home
    Attempts(AttemptBook(home.folder), FixedClock(START_US)).note(
        "unlock", code="E-LOCKED", what="wrong"
    )
    for name in ("identity.json", "pin.json", "marks.json", "sync.json", "attempts.jsonl"):
        yield name, _block((home.folder / name).read_text("utf-8"))
    remotes = (home.root / "remotes.toml").read_text("utf-8")
    yield "remotes.toml", _block(remotes.replace(str(story.folder), "/media"), "toml")
    card = home.identity()
    if card is None:
        raise ValueError("there is no identity")
    yield "keyfile", _wrapped(home.key_file(card.writer).read_bytes())


# ---------------------------------------------------------------- ledger and remote


def _of_the_ledger(story: Story) -> Iterator[tuple[str, str]]:
    ledger = Repository(story.store / "ledger")
    yield "trust", _payload(ledger.read_trust(ledger.trust_files()[-1]))
    snapshot = story.ann.at.snapshot()
    yield "envelope", _wrapped(snapshot.raw[story.approval.id])
    yield "approve", _payload(snapshot.raw[story.approval.id])
    yield "request", _body(story.request.body)
    register = next(event for event in snapshot.chains.events() if event.type == "version.register")
    yield "manifest", _payload(ledger.read_manifest(str(register.body["manifest"])))
    (version,) = snapshot.state.models["churn"].versions
    manifest = story.ann.registry.manifest(version)
    if manifest is None:
        raise ValueError("there is no manifest")
    yield "tree", _block(_tree(manifest.files, manifest.tree))
    yield "strongroom.json", _wrapped((story.share / "strongroom.json").read_bytes())
    yield "remote", _block("\n".join(_listing(story.share)))
    yield "registry-state", _indented(snapshot.state.to_json())


def _tree(files: tuple[ArtifactFile, ...], tree: str) -> str:
    if tree_digest(files) != tree:
        raise ValueError("the tree of the example is another")
    lines = [f"{file.sha256}  {file.size_bytes}  {file.path}\n" for file in files]
    return "".join(lines) + f"\nSHA-256 of the line above: {tree}"


def _listing(folder: Path) -> list[str]:
    found = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    return sorted(re.sub(r"[0-9a-f]{64}", lambda d: d[0][:8] + HIDDEN, path) for path in found)


# ---------------------------------------------------------------- what leaves the workstation


def _of_what_leaves(story: Story) -> Iterator[tuple[str, str]]:
    request = json.loads(story.enrolment)
    p256 = max(request["signatures"], key=lambda each: len(each["sig"]))
    p256["sig"] = HIDDEN
    yield "enrolment", _payload(story.enrolment)
    yield "enrolment-signatures", _indented(request["signatures"])
    kept = Quarantine(story.folder / "quarantine")
    item = kept.keep(
        b"{}", code="E-CANON", origin="share", path="trust/00000003.44136fa355b3678a.json",
        reason="It is not an envelope.", now_us=START_US,
    )  # fmt: skip
    yield "quarantine", _wrapped((kept.folder / f"{item}.json").read_bytes())
    target = story.folder / "serving"
    Handover(story.ann.at, story.ann.registry).get("models:/churn/Production", target)
    yield "receipt.json", _block((target / "receipt.json").read_text("utf-8"), "json")
    yield from _of_the_package(story)


def _of_the_package(story: Story) -> Iterator[tuple[str, str]]:
    evidence = Evidence(story.ann.at, story.ann.registry)
    package = evidence.export("churn/1", story.folder / "package").path
    yield "package", _block("\n".join(_listing(package)))
    info = (package / "bag-info.txt").read_text("utf-8")
    info = re.sub(r"(?<=Payload-Oxum: )\S+", HIDDEN, info)
    yield "bag-info", _block(re.sub(r"(?<=\+)[0-9a-f]{64}", HIDDEN, info))
    yield "report.json", _indented(json.loads((package / "data/report.json").read_bytes()))
    sealed = json.loads((package / "tagmanifest-sha256.txt.dsse.json").read_bytes())
    statement = json.loads(base64.b64decode(sealed["payload"]))
    for subject in statement["subject"]:
        subject["digest"]["sha256"] = HIDDEN
    yield "package-statement", _indented(statement)


# ---------------------------------------------------------------- how it is printed


def _payload(envelope: bytes) -> str:
    return _indented(json.loads(base64.b64decode(json.loads(envelope)["payload"])))


def _body(body: Mapping[str, Any]) -> str:
    return _indented(dict(body))


def _indented(value: Any) -> str:
    return _block(_laid_out(value, ""), "json")


def _laid_out(value: Any, indent: str) -> str:
    """Returns JSON for reading: what fits a line stands on one."""
    line = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(indent + line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, list):
        items = [deeper + _laid_out(each, deeper) for each in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    items = [
        f"{deeper}{json.dumps(key, ensure_ascii=False)}: {_laid_out(value[key], deeper)}"
        for key in sorted(value)
    ]
    return "{\n" + ",\n".join(items) + f"\n{indent}}}"


def _wrapped(data: bytes) -> str:
    """Returns one line of bytes cut into lines a page can hold."""
    text = data.decode().rstrip("\n")
    return _block("\n".join(text[at : at + WIDTH] for at in range(0, len(text), WIDTH)))


def _block(text: str, kind: str = "") -> str:
    return f"```{kind}\n{text.rstrip()}\n```\n"
