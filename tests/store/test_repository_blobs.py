# SPDX-License-Identifier: Apache-2.0
"""Blobs: content by digest, checked each time it is opened."""

import hashlib
import io
import os
import random

import pytest

from strongroom.domain.errors import Untrusted
from strongroom.store.blobs import Blobs

DATA = random.Random(7).randbytes(2_500_000)
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def blobs(tmp_path):
    blobs = Blobs(tmp_path / "store" / "blobs")
    blobs.put(NAME, io.BytesIO(DATA), len(DATA))
    return blobs


def test_a_blob_comes_back_as_it_was_and_can_be_sought(blobs):
    assert blobs.has(NAME)
    assert blobs.size(NAME) == len(DATA)
    assert list(blobs.all()) == [NAME]
    with blobs.open(NAME) as file:
        assert file.read(5) == DATA[:5]
        file.seek(-5, os.SEEK_END)
        assert file.read() == DATA[-5:]
    assert blobs.put(NAME, io.BytesIO(DATA), len(DATA)) is False


def test_a_changed_blob_is_refused_and_healed_by_the_right_bytes(blobs):
    path = blobs.folder / NAME[:2] / NAME
    damaged = bytearray(DATA)
    damaged[2_000_000] ^= 1
    path.write_bytes(damaged)
    for call in (blobs.open, blobs.verify):
        with pytest.raises(Untrusted) as caught:
            call(NAME)
        assert caught.value.code == "E-HASH"
    blobs.put(NAME, io.BytesIO(DATA), len(DATA))
    blobs.verify(NAME)


def test_a_blob_that_is_not_here_is_missing(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    assert not blobs.has(NAME)
    assert list(blobs.all()) == []
    for call in (blobs.open, blobs.verify, blobs.size):
        with pytest.raises(Untrusted) as caught:
            call(NAME)
        assert caught.value.code == "E-MISSING"


def test_a_link_in_the_place_of_a_blob_is_not_followed(blobs, tmp_path):
    path = blobs.folder / NAME[:2] / NAME
    moved = tmp_path / "elsewhere"
    path.rename(moved)
    path.symlink_to(moved)
    assert not blobs.has(NAME)
    with pytest.raises(Untrusted) as caught:
        blobs.open(NAME)
    assert caught.value.code == "E-PATH"


@pytest.mark.parametrize("text", ["", "../" * 21 + "a", "/etc/passwd", NAME.upper(), NAME + "\n"])
def test_a_digest_that_is_a_path_is_refused(blobs, text):
    for call in (blobs.has, blobs.open, blobs.size):
        with pytest.raises(Untrusted) as caught:
            call(text)
        assert caught.value.code == "E-PATH"
