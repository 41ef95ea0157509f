# SPDX-License-Identifier: Apache-2.0
"""Eight processes log into one store while four look, take in, seal and read: all at once.

None of them sees an error, no point is lost or doubled, what a reader saw once it sees again, and
the catalog that four programs kept is the one a rebuild makes.
"""

from pathlib import Path

import pytest

from strongroom.bootstrap import open_services
from support.catalog_dump import dump
from support.catalog_rows import differences
from support.forked_work import Piece, point, workers

WRITERS, READERS = 8, 4


@pytest.mark.parametrize(
    "seconds", [3.0, pytest.param(60.0, id="a minute", marks=pytest.mark.slow)]
)
def test_eight_writers_and_four_readers_share_a_store(tmp_path: Path, seconds: float) -> None:
    store, home = tmp_path / "store", tmp_path / "home"
    open_services(store, home).close()
    crowd = [("log", number) for number in range(WRITERS - 2)]
    crowd += [("keep", number) for number in range(WRITERS - 2, WRITERS)]
    crowd += [("read", number) for number in range(WRITERS, WRITERS + READERS)]
    with workers() as crew:
        ended = crew.do(
            *(Piece(work=work, store=store, seed=seed, seconds=seconds) for work, seed in crowd)
        )
        assert [each.error for each in ended] == [""] * len(crowd)
        assert all(each.said("looks") for each in ended[WRITERS:])
        crew.verify(store)
    services = open_services(store, home)
    try:
        before = dump(services.runs.catalog)
        services.integrity.rebuild()
        assert differences(before, dump(services.runs.catalog)) == []
        points = {name: int(n) for each in ended for name, n in each.said("points").items()}
        assert services.runs.search().total == len({run for run, _ in points})
        for (run, key), count in points.items():
            series = services.runs.history(run, key)
            assert series.values.tolist() == [point(step) for step in range(count)]
    finally:
        services.close()
