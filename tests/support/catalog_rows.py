# SPDX-License-Identifier: Apache-2.0
"""How two catalogs differ: the rows that only one of them has."""

from support.catalog_dump import Dump


def differences(before: Dump, after: Dump) -> list[str]:
    """Returns the rows that only one of two dumps has, a line each."""
    return [
        f"{sign} {name}: {row}"
        for name in before
        for sign, here, there in (("-", before, after), ("+", after, before))
        for row in here[name]
        if row not in there[name]
    ]
