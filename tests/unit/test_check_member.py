# SPDX-License-Identifier: Apache-2.0
"""The checksum inside run.json and sealed.json."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom.domain.canonical import decode, encode
from strongroom.domain.check_member import encode_checked, refuse_changed
from strongroom.domain.errors import Untrusted

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
LATER = TEXT.filter(lambda key: key > "check" and key != "params")  # sorted behind it


@settings(deadline=None)
@given(
    members=st.dictionaries(LATER, TEXT, max_size=4),
    before=TEXT,
)
def test_a_document_holds_and_none_with_another_text_does(
    members: dict[str, str], before: str
) -> None:
    document = {"artifacts": [{"path": before}], "params": {"check": before}, **members}
    data = encode_checked(document)
    found = decode(data, max_bytes=1 << 16)
    assert found == document | {"check": f"{zlib.crc32(encode(document)):08x}"}
    refuse_changed(found, data, "run.json")
    other = found | {"params": {"check": before + "x"}}
    with pytest.raises(Untrusted, match="was changed") as caught:
        refuse_changed(other, encode(other), "run.json")
    assert caught.value.code == "E-HASH"


@pytest.mark.parametrize("check", ["", "0", 7, None, "0" * 9, {"check": "00000000"}])
def test_a_check_that_is_none_is_refused(check: object) -> None:
    document = {"check": check, "format": 1}
    with pytest.raises(Untrusted):
        refuse_changed(document, encode(document), "run.json")


def test_a_document_without_a_check_is_read_as_it_is() -> None:
    document = {"format": 1, "params": {"check": "00000000"}}
    refuse_changed(document, encode(document), "run.json")


def test_a_document_whose_check_is_the_last_member_holds() -> None:
    data = encode_checked({"artifacts": []})
    assert data.endswith(b'"check":"%08x"}' % zlib.crc32(b'{"artifacts":[]}'))
    refuse_changed(decode(data, max_bytes=1 << 16), data, "run.json")
