# SPDX-License-Identifier: Apache-2.0
"""High-water marks only rise, and what a damaged home remembers raises no false alarm."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.exchange.marks import Marks, read_marks
from strongroom.exchange.outcome import Counts, Outcome, Trouble
from strongroom.store.segments import SegmentFile, TrustFile
from strongroom.store.snapshot import Snapshot
from strongroom.trust.trust_chain import TrustChain

WRITER = "ab" * 32
HEADS = st.dictionaries(
    st.sampled_from([f"{n:064x}" for n in range(6)]),
    st.tuples(st.integers(1, 99), st.just("cd" * 32)),
)


def log(*ranges: tuple[int, int]) -> list[SegmentFile]:
    return [
        SegmentFile(writer=WRITER, first=a, last=b, name=f"{a}-{b}.seg", size=1000)
        for a, b in ranges
    ]


def trust(*versions: int) -> list[TrustFile]:
    return [TrustFile(version=v, path=f"trust/{v}", size=1) for v in versions]


def test_a_shorter_log_and_an_older_trust_document_are_alarms() -> None:
    marks = Marks(trust=3, heads={WRITER: (10, "cd" * 32)})
    assert marks.alarms(trust(1, 2, 3), {WRITER: log((1, 4), (5, 10))}) == ()
    assert marks.alarms(trust(1, 2, 3, 4), {WRITER: log((1, 40))}) == ()
    for shown in ({}, {WRITER: []}, {WRITER: log((1, 9))}, {WRITER: log((1, 4), (6, 10))}):
        (alarm,) = marks.alarms(trust(3), shown)
        assert (alarm.code, alarm.path) == ("E-ROLLBACK", f"log/ab/{WRITER}")
    (alarm,) = marks.alarms(trust(1), {WRITER: log((1, 10))})
    assert (alarm.code, alarm.path) == ("E-ROLLBACK", "trust/3")


def test_a_name_alone_raises_no_mark() -> None:
    empty = Snapshot(trust=TrustChain(), events={})
    raised = Marks().raised(trust(1, 2), {WRITER: log((1, 9))}, empty)
    assert raised == Marks()


@settings(max_examples=60, deadline=None)
@given(trust=st.integers(0, 99), heads=HEADS)
def test_any_marks_read_back_as_they_were_written(
    trust: int, heads: dict[str, tuple[int, str]]
) -> None:
    marks = Marks(trust=trust, heads=heads)
    assert read_marks(json.loads(json.dumps(marks.to_json()))) == marks


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=7), inner),
        max_leaves=8,
    )
)
def test_any_other_document_is_read_without_an_error(document: object) -> None:
    for shape in (document, {"trust": document, "writers": {WRITER: document}}):
        assert isinstance(read_marks(shape), Marks)


def test_outcomes_of_both_directions_join_without_repeating_themselves() -> None:
    trouble = Trouble(code="E-HASH", path="log/x", detail="damaged")
    pulled = Outcome(remote="share", pulled=Counts(events=2, bytes=20), rejected=(trouble,), same=1)
    pushed = Outcome(remote="share", pushed=Counts(events=1, bytes=10), rejected=(trouble,), same=2)
    both = pulled | pushed
    assert both.new == Counts(events=3, bytes=30)
    assert both.rejected == (trouble,)
    assert both.same == 3
    assert not both.is_clean
    document = both.to_json()
    assert document["new"] == {"trust": 0, "events": 3, "manifests": 0, "objects": 0, "bytes": 30}
    assert document["rejected"] == [{"code": "E-HASH", "path": "log/x", "detail": "damaged"}]
