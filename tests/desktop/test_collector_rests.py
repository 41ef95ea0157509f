# SPDX-License-Identifier: Apache-2.0
"""The garbage collector rests while a job imports the window's modules, and works again after."""

import gc
import threading

import pytest

from strongroom.desktop.shell import lasting


def test_no_round_begins_while_somebody_imports() -> None:
    assert gc.isenabled()
    with lasting.resting():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_does_not_leave_the_collector_off() -> None:
    with pytest.raises(ImportError), lasting.resting():
        raise ImportError
    assert gc.isenabled()


def test_two_imports_at_a_time_rest_until_both_have_ended() -> None:
    first_in, first_out = threading.Event(), threading.Event()

    def first() -> None:
        with lasting.resting():
            first_in.set()
            first_out.wait(10)

    other = threading.Thread(target=first)
    other.start()
    assert first_in.wait(10)
    with lasting.resting():
        pass
    assert not gc.isenabled(), "the other one still imports"
    first_out.set()
    other.join()
    assert gc.isenabled()
