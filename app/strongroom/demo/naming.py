# SPDX-License-Identifier: Apache-2.0
"""Names for runs that people can say aloud: adjective, bird, number.

* The same seed gives the same names in the same order, and no name twice.
"""

import random
from collections.abc import Iterator

ADJECTIVES = (
    "amber", "bold", "brisk", "calm", "clear", "copper", "deep", "early", "even", "fair", "fern",
    "grey", "keen", "late", "light", "low", "mild", "north", "pale", "plain", "quiet", "ready",
    "slow", "small", "still", "swift", "tall", "warm",
)  # fmt: skip
BIRDS = (
    "avocet", "bittern", "crane", "curlew", "dipper", "dunlin", "egret", "fieldfare", "gannet",
    "godwit", "grebe", "harrier", "heron", "jay", "kestrel", "knot", "lapwing", "linnet", "magpie",
    "merlin", "osprey", "ouzel", "petrel", "pipit", "plover", "redstart", "siskin", "snipe",
    "stint", "tern", "wagtail", "wren",
)  # fmt: skip


def run_names(seed: int) -> Iterator[str]:
    """Yields names such as ``calm-heron-41`` without end."""
    source = random.Random(seed)  # noqa: S311 - names are no secrets, and must come out the same
    given: set[str] = set()
    while True:
        name = f"{source.choice(ADJECTIVES)}-{source.choice(BIRDS)}-{source.randrange(1, 100):02}"
        if name not in given:
            given.add(name)
            yield name
