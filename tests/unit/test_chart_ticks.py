"""Labels a person can read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.desktop.charts.ticks import (
    clock_ticks,
    duration_text,
    duration_ticks,
    log_ticks,
    number_ticks,
    value_text,
)


@given(
    low=st.floats(-1e12, 1e12, allow_nan=False),
    length=st.floats(1e-3, 1e12, allow_nan=False),
    make=st.sampled_from([number_ticks, duration_ticks]),
)
def test_there_are_never_more_than_six_and_all_lie_inside(low, length, make):
    ticks = make(low, low + length)
    assert len(ticks.values) == len(ticks.labels) <= 6
    slack = 1e-6 * length + 1e-9 * abs(low)
    assert all(low - slack <= value <= low + length + slack for value in ticks.values)


@given(low=st.floats(-20, 20), length=st.floats(0.2, 30))
def test_logarithmic_ticks_are_few_and_rise(low, length):
    values = log_ticks(low, low + length).values
    assert len(values) <= 6
    assert list(values) == sorted(values)


def test_labels_of_one_axis_have_the_same_decimals():
    assert number_ticks(0.84, 0.96).labels == ("0.850", "0.875", "0.900", "0.925", "0.950")
    assert number_ticks(0, 1500).labels == ("0", "500", "1,000", "1,500")
    assert number_ticks(-1, 1).labels == ("-1.0", "-0.5", "0.0", "0.5", "1.0")


def test_times_are_said_as_people_say_them():
    assert [duration_text(s) for s in (5, 90, 7200, 9000, 90000)] == [
        "5 s",
        "1 m 30",
        "2 h",
        "2 h 30",
        "1 d 1 h",
    ]
    assert clock_ticks(1.7e9, 1.7e9 + 7200).labels[0] == "22:30"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.94832, "0.9483"), (17.94, "17.94"), (78, "78"), (1120.5, "1,120.5"), (math.nan, "—")],
)
def test_a_value_has_four_significant_digits(value, text):
    assert value_text(value) == text


def test_empty_ranges_have_no_ticks():
    assert number_ticks(1, 1).values == ()
    assert number_ticks(math.nan, 1).values == ()
