# SPDX-License-Identifier: Apache-2.0
"""When something was last exchanged, said as people say it.

* Local time: a person compares it with the clock on the wall.
* Memory alone answers; no share is touched.
"""

import time
from collections.abc import Iterable
from datetime import date

from strongroom.domain.clock import MICROSECONDS
from strongroom.services.exchange_memory import RemoteInfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def as_of(remotes: Iterable[RemoteInfo], now_us: int) -> str:
    """Returns when something was last exchanged and where, as the status strip says it.

    ``As of 09:38, share``, ``As of Yesterday 17:05, share``, ``As of 21 Nov 17:20, share`` in
    local time; "" if never.
    """
    met = [
        (time_us, info.name)
        for info in remotes
        for time_us in (info.pulled_at_us, info.pushed_at_us)
        if time_us is not None
    ]
    if not met:
        return ""
    time_us, name = max(met)
    return f"As of {_said(time_us, now_us)}, {name}"


def _said(time_us: int, now_us: int) -> str:
    """Returns a local time as people say it: ``09:38``, ``Yesterday 17:05``, ``21 Nov 17:20``."""
    then, now = (time.localtime(us // MICROSECONDS) for us in (time_us, now_us))
    clock = time.strftime("%H:%M", then)
    days = date(*now[:3]).toordinal() - date(*then[:3]).toordinal()
    if days in {0, 1}:
        return f"Yesterday {clock}" if days else clock
    year = "" if then.tm_year == now.tm_year else f" {then.tm_year}"
    return f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]}{year} {clock}"
