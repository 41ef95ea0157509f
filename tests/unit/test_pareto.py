# SPDX-License-Identifier: Apache-2.0
"""The Pareto front against its definition, for any two metrics and any directions."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.pareto import pareto_front

number = st.one_of(
    st.integers(-3, 3).map(float), st.floats(allow_infinity=False), st.just(math.nan)
)
choices = st.lists(st.tuples(number, number), max_size=12)


@given(choices, st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_front_is_exactly_what_nothing_beats(
    points: list[tuple[float, float]], is_low_x: bool, is_low_y: bool
) -> None:
    def cost(at: int) -> tuple[float, float]:
        x, y = points[at]
        return (x if is_low_x else -x), (y if is_low_y else -y)

    def beats(one: int, other: int) -> bool:
        (x, y), (u, v) = cost(one), cost(other)
        return x <= u and y <= v and (x < u or y < v)

    there = [at for at, (x, y) in enumerate(points) if not (math.isnan(x) or math.isnan(y))]
    expected = {at for at in there if not any(beats(other, at) for other in there)}
    found = pareto_front(
        [x for x, _ in points], [y for _, y in points], is_low_x=is_low_x, is_low_y=is_low_y
    )
    assert set(found) == expected
    assert len(found) == len(expected)
    costs = [cost(at) for at in found]
    assert costs == sorted(costs), "from the best x to the best y"
    assert [y for _, y in costs] == sorted((y for _, y in costs), reverse=True)
