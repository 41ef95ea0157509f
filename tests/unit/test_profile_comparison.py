# SPDX-License-Identifier: Apache-2.0
"""What two profiles of data differ in: columns that came, went, changed their type, or moved."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.data_profile import KINDS, ColumnProfile, DataProfile
from strongroom.domain.profile_comparison import ColumnChange, compare_profiles

AGE = ColumnProfile(
    name="age", kind="integer", count=1000, missing=0, mean=40.0, deviation=10.0,
    minimum=18.0, maximum=90.0,
)  # fmt: skip
PLAN = ColumnProfile(name="plan", kind="text", count=1000, missing=0, distinct=2,
                     top=(("basic", 700), ("pro", 300)))  # fmt: skip


def data(*columns: ColumnProfile, left_out: int = 0, rows: int = 1000) -> DataProfile:
    return DataProfile(rows=rows, columns=columns, left_out=left_out)


def test_what_came_went_and_changed_its_type_is_told_first():
    old = data(AGE, PLAN, replace(AGE, name="gone"), replace(AGE, name="zip"))
    now = data(PLAN, replace(AGE, name="zip", kind="text"), AGE, replace(AGE, name="new"))
    found = compare_profiles(old, now)
    assert [(pair.name, pair.change) for pair in found.pairs] == [
        ("new", ColumnChange.ADDED),
        ("gone", ColumnChange.DROPPED),
        ("zip", ColumnChange.RETYPED),
        ("plan", ColumnChange.SAME),
        ("age", ColumnChange.SAME),
    ]
    assert found.pairs[2].words == ("integer → text",)


def test_a_mean_moves_by_its_spread_and_the_furthest_stands_first():
    old = data(AGE, replace(AGE, name="pay", mean=1000.0, deviation=500.0))
    now = data(replace(AGE, mean=43.0), replace(AGE, name="pay", mean=2000.0, deviation=500.0))
    found = compare_profiles(old, now)
    assert [(pair.name, pair.words) for pair in found.pairs] == [
        ("pay", ("mean 1000 → 2000, 2.0 deviations",)),
        ("age", ("mean 40 → 43, 0.3 deviations",)),
    ]
    near = compare_profiles(data(AGE), data(replace(AGE, mean=41.9)))
    assert near.count(ColumnChange.SAME) == 1
    flat = replace(AGE, deviation=0.0)
    (pair,) = compare_profiles(data(flat), data(replace(flat, mean=41.0))).pairs
    assert pair.words == ("mean 40 → 41",), "what never varied has moved, however little"


def test_missing_values_and_frequent_ones_move_too():
    now = data(replace(AGE, missing=150), replace(PLAN, top=(("basic", 500), ("pro", 310))))
    found = compare_profiles(data(AGE, PLAN), now)
    assert {pair.name: pair.words for pair in found.pairs} == {
        "age": ("missing 0.0% → 15.0%",),
        "plan": ("“basic” 70.0% → 50.0%",),
    }


def test_what_a_profile_had_to_leave_out_is_neither_new_nor_gone():
    found = compare_profiles(data(AGE, left_out=3), data(AGE, PLAN))
    assert [(pair.name, pair.change) for pair in found.pairs] == [("age", ColumnChange.SAME)]
    assert found.untold == 1


def columns() -> st.SearchStrategy[ColumnProfile]:
    number = st.none() | st.floats(allow_nan=False)
    return st.builds(
        ColumnProfile,
        name=st.sampled_from("abcdef"),
        kind=st.sampled_from(sorted(KINDS)),
        count=st.integers(0, 10),
        missing=st.none() | st.integers(0, 10),
        mean=number,
        deviation=number,
        top=st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 9)), max_size=3).map(tuple),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(columns(), max_size=5, unique_by=lambda each: each.name),
    st.lists(columns(), max_size=5, unique_by=lambda each: each.name),
)
def test_any_two_profiles_are_compared_and_every_column_is_accounted_for(old, new):
    found = compare_profiles(data(*old), data(*new))
    assert {pair.name for pair in found.pairs} == {each.name for each in (*old, *new)}
    same = compare_profiles(data(*new), data(*new))
    assert {pair.change for pair in same.pairs} <= {ColumnChange.SAME}
    back = compare_profiles(data(*new), data(*old))
    assert found.count(ColumnChange.ADDED) == back.count(ColumnChange.DROPPED)
    assert found.count(ColumnChange.MOVED) == back.count(ColumnChange.MOVED)
