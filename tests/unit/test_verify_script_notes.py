# SPDX-License-Identifier: Apache-2.0
"""What writers and witnesses signed of the logs, as the auditor's script reads it.

The notes are made from C2SP's pages (signed-note, tlog-checkpoint, tlog-cosignature) alone.
"""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from support.audit_script import load_script
from support.sealed_story import Story
from support.sealed_team import Key, Writer, write_files

VERIFY = load_script()
SEEN_S = 1_795_420_000


@pytest.fixture
def story() -> Story:
    return Story().promotes()


def root(leaves: list[bytes]) -> bytes:
    """Returns MTH of RFC 6962, as its text defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def payloads(writer: Writer) -> list[bytes]:
    return [base64.b64decode(json.loads(line)["payload"]) for line in writer.lines]


def line(name: str, kind: int, key: Key, sig: bytes) -> str:
    hint = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key.raw).digest()[:4]
    return f"— {name} {base64.b64encode(hint + sig).decode()}\n"


def note(
    story: Story, log: Writer, leaves: list[bytes], *witnesses: Writer, by: Key | None = None,
    team: str = "",
) -> bytes:  # fmt: skip
    """Returns a checkpoint over these leaves, signed by the log's writer and cosigned."""
    prefix = f"strongroom/{team or story.team.id}/"
    text = f"{prefix}{log.id}\n{len(leaves)}\n{base64.b64encode(root(leaves)).decode()}\n"
    key = by or log.key
    lines = [line(prefix + log.id, 1, key, key.secret.sign(text.encode()))]
    for witness in witnesses:
        said = f"cosignature/v1\ntime {SEEN_S}\n{text}".encode()
        sig = SEEN_S.to_bytes(8, "big") + witness.key.secret.sign(said)
        lines.append(line(prefix + witness.id, 4, witness.key, sig))
    return (text + "\n" + "".join(lines)).encode()


def verdict(folder: Path, story: Story, log: Writer, data: bytes):
    write_files(folder, story.files(extra={f"data/checkpoints/{log.id}.note": data}))
    return VERIFY.verify(str(folder), story.team.id)


def codes(rows) -> list[str]:
    return [row[0] for row in rows]


def test_the_auditor_is_told_who_else_held_the_logs(story, tmp_path):
    mine = note(story, story.jonas, payloads(story.jonas), story.ada)
    result = verdict(tmp_path, story, story.jonas, mine)
    assert (result["exit"], result["findings"], result["notes"]) == (0, [], [])
    assert "Ada Auditor cosigned 1 of 3 logs." in result["sentence"]


def test_a_note_over_the_beginning_of_a_log_agrees_with_the_whole_of_it(story, tmp_path):
    for count in range(len(story.jonas.lines) + 1):
        part = note(story, story.jonas, payloads(story.jonas)[:count], story.ada)
        assert verdict(tmp_path / str(count), story, story.jonas, part)["exit"] == 0


def test_15_a_tail_that_a_witness_has_cosigned_is_missed_in_the_package(story, tmp_path):
    more = [*payloads(story.jonas), b"a rejection"]
    result = verdict(tmp_path, story, story.jonas, note(story, story.jonas, more, story.ada))
    assert (result["exit"], codes(result["findings"])) == (1, ["E-WITHHELD"])


def test_18_another_history_that_a_witness_has_cosigned_does_not_hold(story, tmp_path):
    other = [*payloads(story.jonas)[:-1], b"another end"]
    result = verdict(tmp_path, story, story.jonas, note(story, story.jonas, other, story.ada))
    assert (result["exit"], codes(result["findings"])) == (1, ["E-SPLIT"])


def test_what_a_writer_alone_claims_of_his_log_is_told_and_ends_no_evidence(story, tmp_path):
    more = [*payloads(story.jonas), b"nothing"]
    result = verdict(tmp_path, story, story.jonas, note(story, story.jonas, more))
    assert (result["exit"], codes(result["notes"])) == (0, ["E-WITHHELD"])


def test_a_cosignature_of_somebody_who_is_no_witness_is_nobody_s_word(story, tmp_path):
    more = [*payloads(story.jonas), b"nothing"]
    result = verdict(tmp_path, story, story.jonas, note(story, story.jonas, more, story.mara))
    assert (result["exit"], codes(result["notes"])) == (0, ["E-WITHHELD"])
    assert "cosigned" not in result["sentence"]


@pytest.mark.parametrize("how", ["stranger", "team", "empty", "text", "tail"])
def test_a_note_that_is_none_does_not_hold(story, tmp_path, how):
    whole = note(story, story.jonas, payloads(story.jonas), story.ada)
    bent = {
        "stranger": note(story, story.jonas, payloads(story.jonas), by=story.mara.key),
        "team": note(story, story.jonas, payloads(story.jonas), team="ab" * 32),
        "empty": b"",
        "text": b"\n" + whole,
        "tail": whole + b"\n",
    }[how]
    result = verdict(tmp_path, story, story.jonas, bent)
    assert result["exit"] == 1
    assert codes(result["findings"])[0] in {"E-SIG", "E-CANON"}


class OneNote:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, _name: str, _limit: int) -> bytes:
        return self.data


def test_no_changed_byte_of_a_note_says_anything_else(story, tmp_path):
    whole = note(story, story.jonas, payloads(story.jonas), story.ada)
    package = VERIFY.Package(str(story.package(tmp_path / "bag")))
    chain = VERIFY.read_trust(package, story.team.id)
    team = VERIFY.Team(chain, VERIFY.read_logs(package, story.team.id, chain)[0])
    held = VERIFY.read_note(OneNote(whole), "note", team)
    assert held[3] == {story.ada.id: SEEN_S}
    bent = [
        whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :]
        for at in range(len(whole))
        for mask in (0x01, 0x20, 0x80, 0xFF)
    ]
    bent += [whole[:at] + whole[at + 1 :] for at in range(len(whole))]
    for data in bent:
        try:
            told = VERIFY.read_note(OneNote(data), "note", team)
        except VERIFY.Bad:
            continue
        assert told[:3] == held[:3]
        assert told[3] in (held[3], {})  # a word that does not hold is left alone
