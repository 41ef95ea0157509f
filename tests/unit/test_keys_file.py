# SPDX-License-Identifier: Apache-2.0
"""The key file and the identity: what a thief of one half can do with it, which is nothing."""

import json
import os
import random
import stat
from pathlib import Path

import pytest

from strongroom.domain import canonical
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import EnvironmentFault, Refused, StrongroomError, Untrusted
from strongroom.trust.identity import (
    OPEN_FOR_S,
    Identity,
    create_identity,
    passphrase_from_file,
)
from strongroom.trust.keychain import MemoryKeychain, PassphraseKeychain
from strongroom.trust.keyfile import (
    PROTECTIONS,
    STRONG,
    Protection,
    open_keyfile,
    read_protection,
    write_keyfile,
)
from strongroom.trust.keys import KeyPair
from support.cheap_keys import CHEAP, cheap_keys

WORDS = "four words of mine"
SECRET = bytes(range(32))
PAIR = KeyPair.generate(random.Random(9).randbytes)


def factors(protection: str) -> dict[str, object]:
    return {
        "kek_secret": SECRET if "keyring" in protection else b"",
        "passphrase": WORDS if "passphrase" in protection else "",
    }


def written(folder: Path, protection: Protection) -> Path:
    path = folder / f"{PAIR.writer}.json"
    write_keyfile(path, PAIR, protection=protection, cost=CHEAP, **factors(protection))
    return path


def locked(path: Path, **given) -> EnvironmentFault:
    with pytest.raises(EnvironmentFault) as caught:
        open_keyfile(path, writer=PAIR.writer, **given)
    assert caught.value.code == "E-LOCKED"
    assert caught.value.advice
    return caught.value


# ---------------------------------------------------------------- what it is for


@pytest.mark.parametrize("protection", PROTECTIONS)
def test_the_keys_come_back_under_each_protection(tmp_path: Path, protection: Protection) -> None:
    path = written(tmp_path, protection)
    found = open_keyfile(path, writer=PAIR.writer, **factors(protection))
    assert found.secrets() == PAIR.secrets()
    assert read_protection(path) == protection


def test_production_costs_are_the_documented_ones(tmp_path: Path) -> None:
    path = tmp_path / "k.json"
    write_keyfile(path, PAIR, protection="passphrase", passphrase=WORDS)
    document = canonical.decode(path.read_bytes(), max_bytes=4096)
    kdf = document["kdf"]
    assert (kdf["name"], kdf["m"], kdf["t"], kdf["p"]) == ("argon2id", 65536, 3, 4)
    with cheap_keys():  # other tests lower it for a while
        assert STRONG == CHEAP
    assert (STRONG.memory_kib, STRONG.passes, STRONG.lanes) == (65536, 3, 4)
    assert document["v"] == 1
    assert document["aead"] == "AES-256-GCM"
    assert document.keys() == {"v", "protection", "kdf", "aead", "nonce", "ct"}
    assert open_keyfile(path, writer=PAIR.writer, passphrase=WORDS).writer == PAIR.writer


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX idea")
def test_the_file_is_for_its_owner_only_even_under_a_lax_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = written(tmp_path / "keys", "keyring")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_writing_again_leaves_one_file_with_new_salt_and_nonce(tmp_path: Path) -> None:
    first = json.loads(written(tmp_path, "keyring").read_bytes())
    second = json.loads(written(tmp_path, "keyring").read_bytes())
    assert len(list(tmp_path.iterdir())) == 1
    assert first["kdf"]["salt"] != second["kdf"]["salt"]
    assert first["nonce"] != second["nonce"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "keyring")
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        written(tmp_path, "keyring")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [before]


def test_no_secret_stands_in_the_file(tmp_path: Path) -> None:
    data = written(tmp_path, "keyring").read_bytes()
    for secret in PAIR.secrets():
        assert secret not in data
        assert secret.hex().encode() not in data


# ---------------------------------------------------------------- thieves


def test_25_a_stolen_key_file_without_the_keychain_cannot_sign(tmp_path: Path) -> None:
    for protection in ("keyring", "keyring+passphrase"):
        path = written(tmp_path, protection)
        assert "no secret" in locked(path, passphrase=WORDS).title
        assert "does not open" in locked(path, passphrase=WORDS, kek_secret=b"\0" * 32).title


def test_a_stolen_keychain_with_the_file_cannot_sign_without_the_passphrase(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "keyring+passphrase")
    assert "needs its passphrase" in locked(path, kek_secret=SECRET).title
    for guess in ("four words of mine ", "Four words of mine", "x" * 8):
        assert "passphrase does not open" in locked(path, kek_secret=SECRET, passphrase=guess).title


def test_a_stolen_keychain_without_the_key_file_cannot_sign(tmp_path: Path) -> None:
    assert "missing" in locked(tmp_path / "k.json", kek_secret=SECRET, passphrase=WORDS).title


def test_a_file_relabelled_to_need_less_does_not_open(tmp_path: Path) -> None:
    path = written(tmp_path, "keyring+passphrase")
    document = json.loads(path.read_bytes())
    for protection in ("keyring", "passphrase"):
        path.write_bytes(canonical.encode({**document, "protection": protection}))
        assert "does not open" in locked(path, kek_secret=SECRET, passphrase=WORDS).title


def test_a_key_file_put_under_another_writers_name_does_not_open(tmp_path: Path) -> None:
    path = written(tmp_path, "keyring")
    with pytest.raises(EnvironmentFault):
        open_keyfile(path, writer="ab" * 32, kek_secret=SECRET)


def test_every_byte_of_the_key_file_flipped_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "keyring")
    data = path.read_bytes()
    opened = []
    for at in range(len(data)):
        for change in (1, 2, 0x20, 0x80):
            path.write_bytes(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])
            try:
                open_keyfile(path, writer=PAIR.writer, kek_secret=SECRET)
            except StrongroomError:
                continue
            opened.append((at, change))
    assert opened == []


@pytest.mark.parametrize(
    "kdf",
    [
        {"m": 2**30},
        {"t": 1000},
        {"p": 10_000},
        {"m": 0},
        {"t": 0},
        {"p": 0},
        {"m": 8, "p": 4},
        {"m": True},
        {"m": "65536"},
        {"name": "scrypt"},
        {"salt": "AAAA"},
        {"salt": None},
        {"extra": 1},
    ],
)
def test_a_planted_file_cannot_eat_the_machine(tmp_path: Path, kdf: dict[str, object]) -> None:
    path = written(tmp_path, "keyring")
    document = json.loads(path.read_bytes())
    path.write_bytes(canonical.encode({**document, "kdf": {**document["kdf"], **kdf}}))
    with pytest.raises(Untrusted) as caught:
        open_keyfile(path, writer=PAIR.writer, kek_secret=SECRET)
    assert caught.value.code == "E-FORMAT"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "E-CANON"), (b"{}", "E-FORMAT"), (b"[]", "E-FORMAT"), (b"x" * 5000, "E-SIZE")],
)
def test_a_damaged_file_is_told_from_a_locked_one(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "k.json"
    path.write_bytes(data)
    with pytest.raises(Untrusted) as caught:
        open_keyfile(path, writer=PAIR.writer, kek_secret=SECRET)
    assert caught.value.code == code


@pytest.mark.parametrize("version", [0, 2, True, "1", None])
def test_an_unknown_version_is_refused(tmp_path: Path, version: object) -> None:
    path = written(tmp_path, "keyring")
    path.write_bytes(canonical.encode({**json.loads(path.read_bytes()), "v": version}))
    with pytest.raises(Untrusted):
        read_protection(path)


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 5000])
def test_a_passphrase_that_protects_nothing_is_refused(tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(Refused):
        write_keyfile(
            tmp_path / "k.json",
            PAIR,
            protection="keyring+passphrase",
            kek_secret=SECRET,
            passphrase=passphrase,
        )
    assert list(tmp_path.iterdir()) == []


def test_factors_that_do_not_fit_are_a_mistake_of_the_caller(tmp_path: Path) -> None:
    for protection, given in (
        ("keyring", {"kek_secret": b""}),
        ("keyring", {"kek_secret": b"x" * 31}),
        ("keyring", {"kek_secret": SECRET, "passphrase": WORDS}),
        ("passphrase", {"kek_secret": SECRET, "passphrase": WORDS}),
    ):
        with pytest.raises(ValueError, match="fit"):
            write_keyfile(tmp_path / "k.json", PAIR, protection=protection, cost=CHEAP, **given)


# ---------------------------------------------------------------- the identity


def made(
    folder: Path, protection: Protection = "keyring+passphrase", answer: str = WORDS
) -> tuple[Identity, FixedClock, list[str], MemoryKeychain]:
    keychain, clock, asked = MemoryKeychain(), FixedClock(), []
    path = folder / f"{PAIR.writer}.json"
    given = WORDS if "passphrase" in protection else ""
    create_identity(
        path, PAIR, protection=protection, keychain=keychain, passphrase=given, cost=CHEAP
    )

    def ask(question: str) -> str:
        asked.append(question)
        return answer

    identity = Identity(path, writer=PAIR.writer, keychain=keychain, ask=ask, clock=clock)
    return identity, clock, asked, keychain


def test_an_unlocked_identity_shuts_after_ten_minutes(tmp_path: Path) -> None:
    identity, clock, asked, _ = made(tmp_path)
    assert not identity.is_unlocked
    identity.unlock()
    clock.advance(OPEN_FOR_S - 1)
    assert identity.is_unlocked
    identity.unlock()
    assert len(asked) == 1
    clock.advance(2)
    assert not identity.is_unlocked
    identity.unlock()
    assert len(asked) == 2


def test_a_clock_set_back_shuts_the_identity(tmp_path: Path) -> None:
    identity, clock, _, _ = made(tmp_path)
    identity.unlock()
    clock.advance(-3600)
    assert not identity.is_unlocked
    clock.advance(3600)
    assert not identity.is_unlocked


def test_locking_forgets_at_once_and_an_approval_asks_again(tmp_path: Path) -> None:
    identity, _, asked, _ = made(tmp_path)
    identity.unlock()
    identity.lock()
    assert not identity.is_unlocked
    identity.unlock()
    identity.unlock(is_fresh=True)
    assert len(asked) == 3


def test_a_wrong_passphrase_when_asked_afresh_leaves_it_locked(tmp_path: Path) -> None:
    identity, _, _, _ = made(tmp_path)
    identity.unlock()
    with pytest.raises(EnvironmentFault, match="does not open"):
        identity.unlock(ask=lambda question: "wrong words here", is_fresh=True)
    assert not identity.is_unlocked


def test_nobody_is_asked_where_no_passphrase_is_needed(tmp_path: Path) -> None:
    identity, _, asked, _ = made(tmp_path, "keyring")
    assert identity.unlock().writer == PAIR.writer
    assert asked == []


def test_a_lost_keychain_item_is_said_before_anybody_types(tmp_path: Path) -> None:
    identity, _, asked, keychain = made(tmp_path)
    keychain.delete(PAIR.writer)
    with pytest.raises(EnvironmentFault, match="no secret"):
        identity.unlock()
    assert asked == []


def test_a_passphrase_can_be_added_and_changed(tmp_path: Path) -> None:
    identity, _, asked, _ = made(tmp_path, "keyring", answer="other words of mine")
    identity.protect("keyring+passphrase", passphrase="other words of mine", cost=CHEAP)
    assert identity.protection == "keyring+passphrase"
    identity.lock()
    assert identity.unlock().writer == PAIR.writer
    assert len(asked) == 1


def test_a_refused_passphrase_leaves_no_secret_in_the_keychain(tmp_path: Path) -> None:
    keychain = MemoryKeychain()
    with pytest.raises(Refused):
        create_identity(
            tmp_path / "k.json",
            PAIR,
            protection="keyring+passphrase",
            keychain=keychain,
            passphrase="short",
        )
    assert keychain.get(PAIR.writer) is None
    assert list(tmp_path.iterdir()) == []


def test_a_headless_host_opens_with_a_passphrase_file_alone(tmp_path: Path) -> None:
    words = tmp_path / "passphrase"
    words.write_text(WORDS + "\r\nsecond line\n")
    path = tmp_path / "k.json"
    create_identity(
        path,
        PAIR,
        protection="passphrase",
        keychain=PassphraseKeychain(),
        passphrase=WORDS,
        cost=CHEAP,
    )
    identity = Identity(
        path,
        writer=PAIR.writer,
        keychain=PassphraseKeychain(),
        ask=passphrase_from_file(words),
        clock=FixedClock(),
    )
    assert identity.unlock().writer == PAIR.writer
    words.write_bytes(b"\xff\xfe")
    with pytest.raises(EnvironmentFault, match="passphrase file"):
        identity.unlock(is_fresh=True)
    words.unlink()
    with pytest.raises(EnvironmentFault, match="passphrase file"):
        identity.unlock(is_fresh=True)
