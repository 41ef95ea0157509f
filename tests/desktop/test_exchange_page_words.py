# SPDX-License-Identifier: Apache-2.0
"""What the Exchange page says: every outcome is in the sentence, every code is explained."""

import pytest

from strongroom.desktop.exchange.explanations import digests_in, explained
from strongroom.desktop.exchange.words import (
    MAX_LISTED,
    counted,
    grouped,
    import_saying,
    item_title,
    kind_of_place,
    readable,
    sync_saying,
)
from strongroom.services.exchange import Counts, Item, Outcome, Trouble

DIGEST = "178f8ebe29ffc23c73f009791c8edc98efce1fa68a2003492da17e50c9ad77c9"
CODES = [
    "E-SIG",
    "E-CANON",
    "E-HASH",
    "E-SIZE",
    "E-PATH",
    "E-BOMB",
    "E-TEAM",
    "E-CHAIN",
    "E-GAP",
    "E-EQUIV",
    "E-SPLIT",
    "E-WITHHELD",
    "E-ROLLBACK",
    "E-TRUST-SIG",
    "E-TRUST-FORK",
    "E-TRUST-GAP",
    "E-CONFLICT",
    "E-MISSING",
    "E-FORMAT",
    "E-LIVE",
    "E-BIND",
    "E-CAP",
    "E-CUT",
    "E-LATE",
    "E-SELF",
    "E-POLICY",
]


def outcome(*items: Item, **more: object) -> Outcome:
    return Outcome(remote="share", items=items, **more)  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize("code", CODES)
def test_every_code_that_can_arrive_is_explained(code: str) -> None:
    known = explained(code)
    assert known.conclusion != explained("E-NOBODY-KNOWS").conclusion
    assert known.advice.endswith(".")


def test_what_waits_for_its_writer_is_not_called_a_mismatch() -> None:
    assert explained("E-SIG").standing == "mismatch"
    assert explained("E-SIG", is_waiting=True).standing == "cannot"
    assert explained("E-GAP", is_waiting=True) == explained("E-GAP")


def test_a_code_nobody_knows_is_still_said() -> None:
    assert explained("E-NEW").conclusion == "Was not taken in"


def test_an_outcome_with_everything_says_everything() -> None:
    found = outcome(
        pulled=Counts(events=2, bytes=900),
        pushed=Counts(objects=1, bytes=1_000_000),
        rejected=(Trouble(code="E-HASH", path="obj/aa", detail="x", item="q"),),
        waiting=(Trouble(code="E-GAP", path="log/aa", detail="x"),),
        conflicts=(Trouble(code="E-CONFLICT", path="churn/1", detail="x"),),
    )
    said = sync_saying((found,), (("stick", "gone (E-SHARE)"),))
    assert said.tone == "bad"
    assert said.is_quarantined
    for words in (
        "Came in: 2 events, 0.9 kB.", "Went out: 1 file, 1.0 MB.", "E-HASH", "1 item waiting",
        "1 conflict", "stick: gone (E-SHARE).",
    ):  # fmt: skip
        assert words in said.sentence


def test_nothing_new_is_said_as_nothing_new() -> None:
    assert sync_saying((outcome(),), ()).title == "Everything is the same on both sides"
    assert import_saying(outcome()).title == "Nothing new was taken in"
    assert counted(Counts()) == ""


def test_a_place_that_was_not_reached_is_not_called_exchanged() -> None:
    said = sync_saying((), (("stick", "gone (E-SHARE)"),))
    assert said.title == "Nothing was exchanged"
    assert said.sentence == "stick: gone (E-SHARE)."


def test_long_groups_are_cut_and_say_how_many_more_there_are() -> None:
    items = tuple(
        Item(kind="event", key=f"{at}", title=f"event {at}", result="new")
        for at in range(MAX_LISTED + 7)
    )
    (group,) = grouped(outcome(*items))
    assert (len(group.items), group.hidden_count) == (MAX_LISTED, 7)


def test_contradicting_moves_are_listed_although_no_item_is_one() -> None:
    found = outcome(conflicts=(Trouble(code="E-CONFLICT", path="churn/ab", detail="2 changes"),))
    (group,) = grouped(found)
    assert [(item.title, item.code) for item in group.items] == [("churn", "E-CONFLICT")]


def test_digests_and_long_words_fit_a_pane() -> None:
    assert readable(f"{DIGEST} is gone") == "178f8ebe…77c9 is gone"
    assert digests_in(f"{DIGEST} is not {DIGEST}") == (DIGEST,)
    assert max(len(word) for word in readable("x" * 500).split("\u200b")) == 24


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/run/media/ben/STICK-04", "Stick"),
        ("/media/STICK", "Stick"),
        (r"\\vault\ml", "Share"),
        ("/net/vault/ml", "Share"),
        ("/srv/share", "Folder"),
    ],
)
def test_the_kind_of_a_place_is_told_by_where_it_lies(path: str, kind: str) -> None:
    assert kind_of_place(path) == kind


def test_a_version_is_called_as_everywhere_else() -> None:
    version = Item(kind="version", key="1", title="risk/eu/12", result="new")
    assert item_title(version) == "risk/eu v12"
