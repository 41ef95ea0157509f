# SPDX-License-Identifier: Apache-2.0
"""Keys that cost a guess little: tests guess nothing, and derive keys all day."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from strongroom.trust.keyfile import STRONG, KdfCost

CHEAP = KdfCost(memory_kib=64, passes=1, lanes=1)


@contextmanager
def cheap_keys() -> Iterator[None]:
    """Lets what the program makes of a passphrase in the block cost as little as `CHEAP`.

    Whoever names no cost gets `STRONG`, one object for the whole program: its fields are changed
    here and put back afterwards.
    """
    kept = asdict(STRONG)
    _set(asdict(CHEAP))
    try:
        yield
    finally:
        _set(kept)


def _set(fields: dict[str, int]) -> None:
    for name, value in fields.items():
        object.__setattr__(STRONG, name, value)  # it is frozen for everybody else
