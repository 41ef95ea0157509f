# SPDX-License-Identifier: Apache-2.0
"""The page of an audit package that people read and print (trust.md 5).

* It explains and proves nothing: every statement can be found in the signed logs beside it.
* No script, nothing loaded from anywhere, every text escaped: names come from strangers.
* What did not happen is said as plainly as what did.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from strongroom.domain.canonical import JsonValue
from strongroom.domain.event import Event
from strongroom.domain.ids import in_groups
from strongroom.domain.policy import Policy
from strongroom.domain.registry import TransitionRequest
from strongroom.domain.resources import resource
from strongroom.exchange.audit_table import VERBS
from strongroom.exchange.dossier import Dossier, doubled
from strongroom.exchange.markup import Html, join, page, tag

MAX_ROWS = 500  # of one table: a page is for reading, the whole lists lie beside it
_VERDICTS = {"pass": "pass", "waived": "waived", "fail": "fail"}
_EXCLUDED = {"requester": "whoever asked for it", "run-author": "whoever ran the training"}


def report_page(dossier: Dossier, *, exporter: str, verify_sha256: str) -> str:
    """Returns ``report.html``.

    Args:
        dossier: The evidence about the version.
        exporter: The name of the person who signs the package.
        verify_sha256: The digest of the script that checks it.
    """
    version = dossier.version
    body = join(
        [
            _head(dossier, exporter),
            _decision(dossier),
            *_tables_of_request(dossier.request),
            _model(dossier),
            _run(dossier),
            _timeline(dossier),
            *_contradictions(dossier),
            _team(dossier, exporter, verify_sha256),
            _how_to_check(dossier),
        ]
    )
    style = resource("audit", "report.css").read_text("utf-8")
    return page(f"Audit of {version.model}, version {version.version}", style, body)


def summary(dossier: Dossier) -> str:
    """Returns the decision in one sentence: who approved what, or that nobody did."""
    version, request = dossier.version, dossier.request
    if request is None:
        open_ = [r for r in _requests(dossier) if r.status.is_open]
        waiting = " A request is open." if open_ else ""
        return f"Nobody has approved this version. It is in no stage.{waiting}"
    asked = dossier.name_of(request.event.writer)
    if request.is_emergency:
        return (
            f"In {version.stage} by an emergency move of {asked}: one person's word,"
            " without the usual approval."
        )
    names = [dossier.name_of(vote.writer) for vote in dossier.approvals]
    approved = f"approved by {_listed(names)}" if names else "which needed no approval"
    return f"In {version.stage}, {approved}, requested by {asked}."


# -------------------------------------------------------------------- sections


def _head(dossier: Dossier, exporter: str) -> Html:
    version = dossier.version
    stage = dossier.snapshot.latest.stage(version.stage)
    risk = stage.risk if stage else 0
    css = "badge high" if risk > 1 else "badge some" if risk else "badge none"
    shown = version.stage if version.by else "In no stage"
    dated = (
        f"Exported by {exporter}. The newest event in it claims the time"
        f" {_time(dossier.newest_time)}."
    )
    return tag(
        "header",
        tag("p", f"Audit package of {dossier.snapshot.latest.team_name}", css="eyebrow"),
        tag("h1", f"{version.model}, version {version.version}"),
        tag("span", shown, css=css),
        tag("p", summary(dossier), css="lead"),
        tag("p", dated, css="quiet"),
        tag(
            "div",
            tag(
                "p",
                "This page describes what the signed files beside it say. It proves nothing by"
                " itself: VERIFY.txt in the same folder says how to check the package with a team"
                " id that you were told by the team.",
            ),
            css="note",
        ),
    )


def _decision(dossier: Dossier) -> Html:
    request = dossier.request
    if request is None:
        said = "No request for this version ever took effect, and no approval counts."
        return _section("Decision", tag("div", tag("p", said), css="note warn"))
    body = request.event.body
    facts: list[tuple[str, str]] = [
        ("Move", f"{request.from_stage} to {request.to_stage}"),
        ("Requested by", dossier.name_of(request.event.writer)),
        ("Requested", _time(request.event.time)),
        ("Reason", _said(str(body.get("reason", "")))),
        ("Request", _digest(request.id)),
    ]
    if request.is_emergency:
        facts.append(("Policy", "None: an emergency goes without one."))
    else:
        facts += [
            ("Policy asks for", policy_words(request.policy)),
            ("Policy", _digest(dossier.policy_digest)),
        ]
    for key, to_stage in request.retires:
        facts.append((f"Version {key[1]}", f"leaves for {to_stage}"))
    rows = []
    for vote in dossier.approvals:
        event = dossier.snapshot.chains.get(vote.event)
        statement = str(event.body.get("statement", "")) if event else ""
        words = join([_said(vote.comment), tag("div", statement, css="quiet said")])
        rows.append(
            (
                join(
                    [
                        tag("div", dossier.name_of(vote.writer)),
                        tag("div", _time(vote.time), css="quiet"),
                    ]
                ),
                words,
                _digest(vote.event),
            )
        )
    table = _table(("Approved by", "Words that were signed", "Event"), rows)
    if not rows:
        table = tag("p", "No approval was needed or given.", css="quiet")
    return _section("Decision", _facts(facts), tag("h3", "Approvals"), table)


def _tables_of_request(request: TransitionRequest | None) -> list[Html]:
    """Returns the gates that were measured and the evidence that was named."""
    if request is None:
        return []
    found = []
    gates = request.event.body.get("gates", [])
    if gates:
        rows = [
            (
                gate["name"],
                tag("span", gate["verdict"], css=_VERDICTS.get(gate["verdict"], "quiet")),
                gate["measured"],
                gate["needed"],
                _said(gate["reason"]),
            )
            for gate in gates
        ]
        head = ("Gate", "Verdict", "Measured", "Needed", "Reason")
        found.append(_section("Gates, as measured where it was requested", _table(head, rows)))
    evidence = request.event.body.get("evidence", [])
    if evidence:
        named: list[tuple[str, ...]] = [
            (item["kind"], _digest(item["sha256"])) for item in evidence
        ]
        found.append(_section("Evidence named in the request", _table(("Kind", "SHA-256"), named)))
    return found


def _model(dossier: Dossier) -> Html:
    version = dossier.version
    facts = [
        ("Tree of the files", _digest(version.tree)),
        ("Registered by", dossier.name_of(version.registrar)),
        ("Registered", _time(version.registered)),
        ("On loading", _RISKS.get(version.format_risk, version.format_risk)),
        ("Flavors", ", ".join(version.flavors)),
    ]
    files = [
        (file.path, f"{file.size_bytes:,}", _digest(file.sha256)) for file in dossier.manifest.files
    ]
    table = _table(("File", "Bytes", "SHA-256"), files, more="manifest-sha256.txt lists them all")
    return _section("The model", _facts(facts), table)


_RISKS = {
    "data-only": "Data only: nothing in the files is executed",
    "code-on-load": "Code: loading the files executes what they say",
    "unknown": "Unknown format",
}


def _run(dossier: Dossier) -> Html:
    run = dossier.run
    if run is None:
        said = "No signed end of a training run belongs to this version."
        return _section("The run it came from", tag("p", said, css="quiet"))
    body = run.event.body
    facts = [
        ("Run", join([str(body["name"]), tag("div", run.id, css="mono quiet")])),
        ("Experiment", str(body["experiment"])),
        ("Ended as", str(body["status"])),
        ("Signed by", dossier.name_of(run.event.writer)),
    ]
    parts = [_facts(facts)]
    params = _mapping(run.sealed.get("params"))
    if params:
        rows: list[tuple[str, ...]] = [(key, str(params[key])) for key in sorted(params)]
        parts += [tag("h3", "Parameters"), _table(("Parameter", "Value"), rows)]
    metrics = _mapping(run.sealed.get("metrics"))
    if metrics:
        rows = [
            (key, *(str(_mapping(metrics[key]).get(name, "")) for name in _SUMMARY))
            for key in sorted(metrics)
        ]
        head = ("Metric", "Last", "Lowest", "Highest", "Points")
        parts += [tag("h3", "Metrics"), _table(head, rows)]
    return _section("The run it came from", *parts)


_SUMMARY = ("last", "min", "max", "count")


def _timeline(dossier: Dossier) -> Html:
    refusals = dossier.snapshot.state.refusals
    rows = [
        (
            _time(event.time),
            dossier.name_of(event.writer),
            _happened(event, refusals.get(event.id, "")),
            _digest(event.id),
        )
        for event in dossier.timeline
    ]
    note = tag("p", "Times are what the signers claim; their order is proved by the logs.")
    head = ("Claimed time", "Who", "What", "Event")
    return _section("Everything that was signed about it", note, _table(head, rows))


def _contradictions(dossier: Dossier) -> Iterator[Html]:
    rows = [
        (dossier.name_of(writer), tag("span", str(number)), _digest(writer))
        for writer, number, _ in doubled(dossier.snapshot)
    ]
    if rows:
        note = tag(
            "p",
            "Each of these keys signed two different events under one number. Both are in"
            " data/equivocation; nothing counts that the key signed after the log here ends.",
        )
        yield _section("Keys that signed two histories", note, _table(("Who", "From", "Key"), rows))


def _happened(event: Event, code: str) -> Html:
    body = event.body
    what = VERBS.get(event.type, event.type)
    if "from" in body and "to" in body:
        what += f" ({body['from']} to {body['to']})"
    elif "alias" in body:
        what += f" ({body['alias']})"
    parts: list[str] = [tag("div", what)]
    parts += [
        _said(str(body[key]))
        for key in ("reason", "comment", "text")
        if isinstance(body.get(key), str)
    ]
    if code:
        parts.append(tag("div", f"Without effect: {code}", css="fail"))
    return join(parts)


def _team(dossier: Dossier, exporter: str, verify_sha256: str) -> Html:
    snapshot = dossier.snapshot
    count = sum(len(chain) for chain in snapshot.chains.by_writer.values())
    facts = [
        ("Team", snapshot.latest.team_name),
        ("Team id", _digest(snapshot.trust.team)),
        ("Trust document", f"version {snapshot.latest.version}"),
        ("Events", f"{count:,} of {len(snapshot.chains.by_writer):,} writers"),
        ("Registry state", _digest(snapshot.state.digest)),
        ("Exported by", exporter),
        ("verify.py", _digest(verify_sha256)),
    ]
    note = "Compare the team id with the one you were told. Never take it from this page."
    return _section("Team and package", _facts(facts), tag("p", note, css="quiet"))


def _how_to_check(dossier: Dossier) -> Html:
    return _section(
        "How to check it",
        tag("code", f"python3 data/verify.py --team {dossier.snapshot.trust.team}"),
        tag(
            "footer",
            "It proves that these people's keys signed these statements about exactly these files."
            " It does not prove that a model is good or safe to load, nor when something was"
            " signed, nor that nothing was signed afterwards.",
        ),
    )


# -------------------------------------------------------------------- words and parts


def policy_words(policy: Policy) -> str:
    """Returns what a policy asks for, in one sentence."""
    if policy.need == 0 and not policy.groups and not policy.gates and not policy.require:
        return "Nothing."
    parts = [f"{policy.need} approval{'' if policy.need == 1 else 's'}"]
    if policy.need > 1:
        parts[0] += " by different people"
    if policy.groups:
        parts.append(f"one each from {_listed(policy.groups)}")
    if policy.exclude:
        parts.append("not by " + _listed([_EXCLUDED.get(who, who) for who in policy.exclude], "or"))
    if policy.veto:
        parts.append("one rejection stops it")
    if policy.require:
        parts.append(f"with {_listed(policy.require)}")
    parts += [f"{gate.metric} {gate.op} {gate.value}" for gate in policy.gates]
    return "; ".join(parts) + "."


def _requests(dossier: Dossier) -> list[TransitionRequest]:
    requests = dossier.snapshot.state.requests.values()
    return [request for request in requests if request.key == dossier.version.key]


def _listed(words: Sequence[str], last: str = "and") -> str:
    return f" {last} ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])


def _section(title: str, *inside: Html) -> Html:
    return tag("section", tag("h2", title), *inside)


def _facts(facts: Iterable[tuple[str, str]]) -> Html:
    parts = [part for name, value in facts for part in (tag("dt", name), tag("dd", value or "–"))]
    return tag("dl", *parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, more: str = "") -> Html:
    body = [tag("tr", *(tag("td", value or "–") for value in row)) for row in rows[:MAX_ROWS]]
    table = tag(
        "table",
        tag("thead", tag("tr", *(tag("th", name) for name in head))),
        tag("tbody", *body),
    )
    left = len(rows) - MAX_ROWS
    if left <= 0:
        return table
    said = f"{left:,} more are not shown here. {more}".strip()
    return join([table, tag("p", said, css="quiet")])


def _digest(value: str) -> Html:
    return tag("span", in_groups(value, groups=16) or "–", css="mono")


def _said(words: str) -> Html:
    return tag("div", words, css="said") if words.strip() else Html("")


def _time(claimed: str) -> str:
    """Returns a signed time to the second; any other claim as it stands."""
    if len(claimed) == 27 and claimed[10] == "T" and claimed.endswith("Z"):
        return f"{claimed[:10]} {claimed[11:19]} UTC"
    return claimed


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}
