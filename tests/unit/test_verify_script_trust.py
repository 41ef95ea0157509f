# SPDX-License-Identifier: Apache-2.0
"""The auditor's script and the evidence: logs, trust chain, votes (threats 13 to 27, 40, 41)."""

import base64
import json

import pytest

from support.audit_script import load_script
from support.sealed_story import MODEL, Story
from support.sealed_team import (
    FOUR_EYES,
    OPEN,
    Key,
    a_team,
    canonical,
    seal,
    sha256,
)

verify = load_script()


def check(story, folder, **changes):
    """Returns (exit code, codes of findings, codes of notes)."""
    story.package(folder, **changes)
    result = verify.verify(str(folder), story.team.id, everything=True)
    findings = {code for code, _, _ in result["findings"]}
    return result["exit"], findings, {code for code, _, _ in result["notes"]}


def rewritten(line, change, key):
    """Returns a log line whose payload was changed and signed again."""
    document = json.loads(base64.b64decode(json.loads(line)["payload"]))
    change(document)
    return seal(document, key)


def test_truncated_logs_are_withheld_evidence(tmp_path):
    story = Story().promotes()
    story.mara.sees(story.jonas, story.ada).signs(
        "stage.comment", {"request": story.wish.event, "text": "done"}
    )
    story.jonas.lines.pop()
    code, findings, _ = check(story, tmp_path)
    assert code == 1
    assert "E-WITHHELD" in findings


def test_reordered_removed_and_repeated_events_break_the_chain(tmp_path):
    for number, change in enumerate(
        [lambda x: x[1::-1] + x[2:], lambda x: x[:1] + x[2:], lambda x: x[:2] + x[1:]]
    ):
        story = Story().promotes()
        story.jonas.lines = change(story.jonas.lines)
        assert check(story, tmp_path / str(number))[:2] == (1, {"E-CHAIN"})


def test_an_event_changed_without_its_key_does_not_verify(tmp_path):
    story = Story().promotes()
    other = Key("somebody")
    line = json.loads(story.mara.lines[-1])
    payload = json.loads(base64.b64decode(line["payload"]))
    payload["predicate"]["body"]["comment"] = "changed"
    line["payload"] = base64.b64encode(canonical(payload)).decode()
    story.mara.lines[-1] = canonical(line)
    assert check(story, tmp_path / "a")[:2] == (1, {"E-SIG"})
    story.mara.lines[-1] = rewritten(canonical(line), lambda _: None, other)
    assert check(story, tmp_path / "b")[:2] == (1, {"E-SIG"})


def test_fast_mode_checks_heads_and_governance_and_all_checks_everything(tmp_path):
    story = Story().promotes()
    line = json.loads(story.jonas.lines[0])
    line["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    story.jonas.lines[0] = canonical(line)
    story.package(tmp_path)
    assert verify.verify(str(tmp_path), story.team.id)["exit"] == 0
    assert verify.verify(str(tmp_path), story.team.id, everything=True)["exit"] == 1


def test_a_forged_writer_who_is_not_in_the_team_is_refused(tmp_path):
    story = Story().promotes()
    eve = a_team("eve").writer("Eve", ["approve:*"])
    extra = {f"data/log/{eve.id}.jsonl": b"".join(line + b"\n" for line in eve.lines)}
    assert check(story, tmp_path, extra=extra)[:2] == (1, {"E-SIG"})


def test_41_an_event_of_another_team_is_refused(tmp_path):
    story = Story().promotes()
    story.mara.signs("writer.hello", {"host": "", "app": ""}, team="0" * 64)
    assert check(story, tmp_path)[:2] == (1, {"E-TEAM"})


@pytest.mark.parametrize("text", ["  {}", "{}", "not json", ""])
def test_an_envelope_in_another_spelling_is_refused(tmp_path, text):
    story = Story().promotes()
    story.mara.lines.append(text.encode())
    assert check(story, tmp_path)[:2] == (1, {"E-CANON"})


def test_what_was_seen_may_not_shrink_name_oneself_or_differ(tmp_path):
    wrong = [
        ("E-CHAIN", lambda s: {s.mara.id: [1, s.mara.ids[0]]}),
        ("E-CHAIN", lambda s: {s.jonas.id: [1, s.jonas.ids[0]]}),
        ("E-SPLIT", lambda s: {s.ada.id: [1, "0" * 64]}),
        ("E-WITHHELD", lambda s: {s.ada.id: [9, "0" * 64]}),
    ]
    for number, (code, seen) in enumerate(wrong):
        story = Story()
        story.mara.sees(story.jonas).says_hello()
        story.promotes()
        signer = story.mara if code == "E-CHAIN" else story.jonas
        signer.signs("writer.hello", {"host": "", "app": ""}, seen=seen(story))
        assert check(story, tmp_path / str(number))[:2] == (1, {code})


def test_trust_versions_go_forward_and_are_those_of_the_chain(tmp_path):
    for number, (code, trust) in enumerate(
        [("E-TRUST-GAP", (9, "0" * 64)), ("E-TRUST-FORK", (3, "0" * 64)), ("E-CHAIN", None)]
    ):
        story = Story().promotes()
        version, id_ = trust or (1, story.team.trust_ids[0])
        story.mara.signs(
            "writer.hello", {"host": "", "app": ""}, trust={"version": version, "id": id_}
        )
        assert check(story, tmp_path / str(number))[:2] == (1, {code})


# ---------------------------------------------------------------- votes


def test_an_own_approval_does_not_count_even_from_a_second_workstation(tmp_path):
    story = Story()
    second = story.team.writer("Jonas Feld (home)", ["approve:*"], person=story.jonas.person)
    story.approval = second.approves(story.asks())
    assert check(story, tmp_path) == (1, {"E-BIND"}, {"E-SELF"})


def test_an_approval_without_the_capability_does_not_count(tmp_path):
    story = Story()
    analyst = story.team.writer("Ana Lyst", ["log", "request:*"])
    story.approval = analyst.approves(story.asks())
    assert check(story, tmp_path) == (1, {"E-BIND"}, {"E-CAP"})


def test_a_backdated_approval_past_a_cut_does_not_count(tmp_path):
    story = Story()
    story.team.cuts(story.mara, 1)
    wish, old = story.asks(), {"version": 3, "id": story.team.trust_ids[2]}
    frame = {"time": "2020-01-01T00:00:00.000000Z", "trust": old}
    story.approval = story.mara.sees().answers("stage.approve", wish, frame=frame)
    assert check(story, tmp_path) == (1, {"E-BIND"}, {"E-CUT"})


def test_an_approval_from_before_the_cut_still_counts(tmp_path):
    story = Story().promotes()
    story.team.cuts(story.mara, len(story.mara.ids))
    assert check(story, tmp_path) == (0, set(), set())


@pytest.mark.parametrize(
    ("field", "value", "note"),
    [("tree", "0" * 64, "E-FORMAT"), ("version", 3, "E-BIND"), ("to", "Staging", "E-BIND"),
     ("policy", "0" * 64, "E-POLICY"), ("gates", "0" * 64, "E-BIND"),
     ("evidence_seen", ["0" * 64], "E-BIND"), ("from", "Archived", "E-BIND")],
)  # fmt: skip
def test_an_approval_bound_to_something_else_does_not_count(tmp_path, field, value, note):
    story = Story()
    story.approval = story.mara.approves(story.asks(), **{field: value})
    code, findings, notes = check(story, tmp_path)
    assert (code, findings) == (1, {"E-BIND"})
    assert notes <= {note, "E-BIND"}
    assert notes


def test_a_request_under_a_policy_that_is_not_in_force_has_no_effect(tmp_path):
    story = Story()
    weak = sha256(canonical(OPEN))
    story.approval = story.mara.approves(story.asks(policy=weak))
    assert "E-BIND" in check(story, tmp_path)[1]


def test_one_admin_cannot_lower_a_policy_where_two_must_sign(tmp_path):
    story = Story()
    story.team.admins = [story.ada, story.mara]
    story.team.admin_threshold = 2
    story.team.publishes(story.team.root)
    story.promotes()
    assert check(story, tmp_path / "a")[0] == 0
    story.team.policies = {"*": {"production": dict(OPEN)}}
    story.team.publishes(story.ada.key)
    assert check(story, tmp_path / "b")[:2] == (1, {"E-TRUST-SIG"})


def test_a_standing_veto_a_withdrawal_and_too_few_persons_stop_a_request(tmp_path):
    story = Story()
    story.mara.rejects(story.asks())
    nora = story.team.writer("Nora", ["approve:*"])
    nora.knows = {}
    story.approval = nora.answers("stage.approve", story.wish)
    assert check(story, tmp_path / "a")[:2] == (1, {"E-BIND"})
    story = Story()
    story.asks()
    story.jonas.withdraws(story.wish)
    story.approval = story.mara.answers("stage.approve", story.wish)
    assert check(story, tmp_path / "b")[:2] == (1, {"E-BIND"})
    story = Story()
    story.team.policies = {"*": {"production": {**FOUR_EYES, "need": 2}}}
    story.team.publishes()
    story.promotes()
    assert check(story, tmp_path / "c")[:2] == (1, {"E-BIND"})


def test_a_rejection_after_the_full_quorum_is_too_late(tmp_path):
    story = Story()
    nora = story.team.writer("Nora", ["approve:*"])
    story.promotes()
    nora.sees().rejects(story.wish)
    assert check(story, tmp_path) == (0, set(), set())


def test_groups_need_one_person_each(tmp_path):
    story = Story()
    nora = story.team.writer("Nora", ["approve:*"], groups=["risk", "ml"])
    story.team.policies = {"*": {"production": {**FOUR_EYES, "groups": ["risk", "ml"]}}}
    story.team.publishes()
    story.approval = nora.approves(story.asks())
    assert check(story, tmp_path)[:2] == (1, {"E-BIND"})


def test_an_ignored_vote_of_somebody_else_does_not_spoil_a_good_package(tmp_path):
    story = Story()
    analyst = story.team.writer("Ana Lyst", ["log"])
    story.promotes()
    analyst.sees().answers("stage.approve", story.wish)
    assert check(story, tmp_path) == (0, set(), {"E-CAP"})


def test_a_staging_quorum_cannot_retire_the_production_version(tmp_path):
    story = Story().promotes()
    other = story.jonas.registers("churn", 3, {**MODEL, "x": b"1"})
    retired = {"version": 2, "tree": story.version.tree, "to": "Archived"}
    wish = story.jonas.requests(other, "Staging", retires=[retired], parents=[story.wish.event])
    story.mara.approves(wish)
    registry = replayed(story)
    assert registry.status[wish.event] == "invalid"
    assert registry.stage(("churn", 2, story.version.tree))[0] == "Production"


# ---------------------------------------------------------------- lanes


def replayed(story):
    chain = [
        {**json.loads(base64.b64decode(json.loads(d)["payload"]))["predicate"], "id": id_}
        for d, id_ in zip(story.team.documents, story.team.trust_ids, strict=True)
    ]

    class Files:
        def under(self, folder):
            return sorted(f"{folder}{w.id}.jsonl" for w in story.team.writers.values() if w.lines)

        def read(self, name, limit):
            return b"".join(x + b"\n" for x in story.team.writers[name[9:-6]].lines)

    logs, findings = verify.read_logs(Files(), story.team.id, chain)
    assert findings == []
    return verify.Registry(verify.Team(chain, logs))


def swap(story, version, *, by):
    """Asks to put a version in Production in place of the one that is there."""
    holder = {"version": 2, "tree": story.version.tree, "to": "Archived"}
    parents = [story.wish.event]
    return by.requests(version, "Production", retires=[holder], parents=parents)


def test_two_promotions_without_knowledge_of_each_other_conflict_and_a_third_resolves(tmp_path):
    story = Story()
    nora = story.team.writer("Nora", ["approve:*"])
    story.promotes()
    three = story.jonas.registers("churn", 3, {"a": b"3"})
    four = story.jonas.registers("churn", 4, {"a": b"4"})
    first, second = (swap(story, version, by=story.jonas) for version in (three, four))
    story.mara.sees(story.jonas).answers("stage.approve", first)
    nora.sees(story.jonas).answers("stage.approve", second)
    registry = replayed(story)
    assert registry.status[first.event] == registry.status[second.event] == "conflict"
    assert registry.stage(("churn", 2, story.version.tree)) == ("Production", story.wish.event)
    both = sorted([first.event, second.event])
    assert registry.state()["models"][0]["conflicts"] == [both]
    holder = first.body["retires"]
    merge = story.jonas.requests(three, "Production", retires=holder, parents=both)
    story.mara.sees().answers("stage.approve", merge)
    registry = replayed(story)
    assert registry.status[merge.event] == "effective"
    assert {registry.status[id_] for id_ in both} == {"superseded"}
    assert registry.stage(("churn", 3, three.tree)) == ("Production", merge.event)
    assert registry.stage(("churn", 2, story.version.tree)) == ("Archived", merge.event)
    assert registry.state()["models"][0]["conflicts"] == []


def test_the_second_promotion_is_stale_when_its_approver_had_seen_the_first(tmp_path):
    story = Story().promotes()
    three = story.jonas.registers("churn", 3, {"a": b"3"})
    four = story.jonas.registers("churn", 4, {"a": b"4"})
    first, second = (swap(story, version, by=story.jonas) for version in (three, four))
    story.mara.sees().answers("stage.approve", first)
    story.mara.answers("stage.approve", second)
    registry = replayed(story)
    assert (registry.status[first.event], registry.status[second.event]) == ("effective", "stale")


def test_a_concurrent_demotion_beats_a_promotion_and_an_old_one_replayed_does_nothing(tmp_path):
    story = Story().promotes()
    three = story.jonas.registers("churn", 3, {"a": b"3"})
    promotion = swap(story, three, by=story.jonas)
    demotion = story.jonas.requests(story.version, "Archived")
    story.mara.sees().answers("stage.approve", promotion)
    registry = replayed(story)
    # To archive needs nobody, and the promotion's approver knew of it.
    assert registry.status[demotion.event] == "effective"
    assert registry.status[promotion.event] == "stale"
    again = story.jonas.requests(story.version, "Archived")
    assert replayed(story).status[again.event] in {"stale", "invalid"}


def test_two_settings_of_an_alias_conflict_and_a_third_resolves(tmp_path):
    story = Story().promotes()
    nora = story.team.writer("Nora", ["register"])
    body = {**story.version.body, "alias": "champion", "parents": []}
    one, other = story.jonas.signs("alias.set", body), nora.signs("alias.set", body)
    model = replayed(story).state()["models"][0]
    assert model["aliases"] == {}
    assert model["conflicts"] == [sorted([one, other])]
    nora.sees().signs("alias.set", {**body, "parents": sorted([one, other])})
    model = replayed(story).state()["models"][0]
    assert model["aliases"] == {"champion": f"2+{story.version.tree[:8]}"}
    assert model["conflicts"] == []


# ---------------------------------------------------------------- trust chain


def test_a_missing_and_a_forked_trust_document_stop_everything(tmp_path):
    story = Story().promotes()
    second = story.team.documents[1]
    name = f"data/trust/00000002.{sha256(second)[:16]}.json"
    assert check(story, tmp_path / "a", without=[name])[:2] == (1, {"E-TRUST-GAP"})
    fork = story.team.trust_document(version=3, prev=story.team.trust_ids[1], limits={"side": 2})
    data = seal(fork, story.ada.key)
    extra = {f"data/trust/00000003.{sha256(data)[:16]}.json": data}
    assert check(story, tmp_path / "b", extra=extra)[:2] == (1, {"E-TRUST-FORK"})


def test_a_trust_document_under_a_wrong_name_is_refused(tmp_path):
    story = Story().promotes()
    name = f"data/trust/00000003.{sha256(story.team.documents[2])[:16]}.json"
    extra = {"data/trust/00000003.0000000000000000.json": story.team.documents[2]}
    assert check(story, tmp_path, without=[name], extra=extra)[:2] == (1, {"E-HASH"})


@pytest.mark.parametrize("signer", ["mara", "stranger", "root"])
def test_a_trust_document_signed_by_the_wrong_key_is_refused(tmp_path, signer):
    story = Story().promotes()
    keys = {"mara": story.mara.key, "stranger": Key("x"), "root": story.team.root}
    story.team.publishes(keys[signer])
    assert check(story, tmp_path)[:2] == (1, {"E-TRUST-SIG"})


def test_admins_cannot_make_themselves_root_or_more_admins(tmp_path):
    for number in range(2):
        story = Story().promotes()
        if number:
            story.team.admins = [story.ada, story.mara]
        else:
            story.team.roots = [story.ada.key]
        story.team.publishes(story.ada.key)
        assert check(story, tmp_path / str(number))[:2] == (1, {"E-TRUST-SIG"})


def test_a_capability_cannot_be_dropped_reopened_or_given_for_the_past(tmp_path):
    def drop(story):
        story.mara.grants = story.mara.grants[:1]

    def reopen(story):
        story.team.cuts(story.mara, len(story.mara.ids))
        story.mara.grants = [{**grant, "to": None} for grant in story.mara.grants]
        story.mara.is_active = True

    def backwards(story):
        story.jonas.grants.append({"cap": "approve:*", "scope": "*", "from": 0, "to": None})

    def too_early(story):
        cut = {"seq": 1, "id": story.mara.ids[0]}
        story.mara.grants = [{**grant, "to": cut} for grant in story.mara.grants]

    def vanish(story):
        del story.team.writers[story.mara.id]

    for number, change in enumerate([drop, reopen, backwards, too_early, vanish]):
        story = Story().promotes()
        change(story)
        story.team.publishes()
        if number == 4:
            story.team.writers[story.mara.id] = story.mara
        assert check(story, tmp_path / str(number))[:2] == (1, {"E-TRUST-SIG"}), number
