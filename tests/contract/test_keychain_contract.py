# SPDX-License-Identifier: Apache-2.0
"""What every keychain promises, kept by the real Secret Service and by the one for tests."""

import base64
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keyring
import pytest

from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import EnvironmentFault
from strongroom.trust.identity import Identity, create_identity
from strongroom.trust.keychain import (
    KeychainState,
    MemoryKeychain,
    PassphraseKeychain,
    SystemKeychain,
    service_name,
)
from strongroom.trust.keys import KeyPair
from support.cheap_keys import CHEAP
from support.keyring_session import PASSWORD, KeyringSession, is_possible, keyring_session

WRITER = "9f2ac41b" * 8
OTHER = "00c0ffee" * 8
SECRET = bytes(range(32))

needs_daemons = pytest.mark.skipif(not is_possible(), reason="no dbus-daemon or gnome-keyring")


@dataclass
class Locker:
    """A keychain under test and how to lock it from outside."""

    keychain: Any
    lock: Any


def enter(session: KeyringSession, monkeypatch: pytest.MonkeyPatch) -> SystemKeychain:
    for name, value in session.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    return SystemKeychain()


@pytest.fixture
def session() -> Iterator[KeyringSession]:
    with keyring_session() as running:
        yield running


@pytest.fixture(params=["memory", pytest.param("secret-service", marks=needs_daemons)])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Locker:
    if request.param == "memory":
        memory = MemoryKeychain()
        memory.may_unlock = False
        return Locker(memory, memory.lock)
    running = request.getfixturevalue("session")
    return Locker(enter(running, monkeypatch), running.lock)


def numbers(names: set[str]) -> set[int]:
    """Returns the numbers of the unique names of a bus, ``:1.7`` for example."""
    return {int(name.partition(".")[2]) for name in names}


def fault(action: Any) -> EnvironmentFault:
    with pytest.raises(EnvironmentFault) as caught:
        action()
    assert caught.value.code == "E-LOCKED"
    assert caught.value.advice
    return caught.value


# ---------------------------------------------------------------- the contract


def test_a_secret_comes_back_and_goes_when_told(case: Locker) -> None:
    assert case.keychain.state() is KeychainState.UNLOCKED
    assert case.keychain.get(WRITER) is None
    case.keychain.set(WRITER, SECRET)
    assert case.keychain.get(WRITER) == SECRET
    case.keychain.set(WRITER, SECRET[::-1])
    assert case.keychain.get(WRITER) == SECRET[::-1]
    case.keychain.delete(WRITER)
    assert case.keychain.get(WRITER) is None
    case.keychain.delete(WRITER)


def test_owners_do_not_see_each_others_secrets(case: Locker) -> None:
    case.keychain.set(WRITER, SECRET)
    case.keychain.set(OTHER, b"o" * 32)
    case.keychain.set(f"marks:{WRITER}", b"m" * 32)
    case.keychain.delete(OTHER)
    assert case.keychain.get(WRITER) == SECRET
    assert case.keychain.get(OTHER) is None
    assert case.keychain.get(f"marks:{WRITER}") == b"m" * 32


@pytest.mark.parametrize("secret", [b"", b"x" * 31, b"x" * 33])
def test_a_secret_of_another_length_is_not_kept(case: Locker, secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        case.keychain.set(WRITER, secret)
    assert case.keychain.get(WRITER) is None


def test_a_locked_keychain_says_so_and_never_asks(case: Locker) -> None:
    case.keychain.set(WRITER, SECRET)
    case.lock()
    assert case.keychain.state() is KeychainState.LOCKED
    for action in (
        lambda: case.keychain.get(WRITER),
        lambda: case.keychain.set(WRITER, SECRET),
        lambda: case.keychain.delete(WRITER),
    ):
        assert "locked" in fault(action).title


def test_a_dismissed_prompt_leaves_it_locked(case: Locker) -> None:
    case.lock()
    assert case.keychain.unlock() is KeychainState.LOCKED


def test_unlocking_what_is_open_changes_nothing(case: Locker) -> None:
    assert case.keychain.unlock() is KeychainState.UNLOCKED


# ---------------------------------------------------------------- the Secret Service alone


@needs_daemons
def test_the_item_is_44_characters_under_the_documented_name(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(session, monkeypatch).set(WRITER, SECRET)
    assert service_name(WRITER) == "strongroom:9f2ac41b9f2ac41b"
    assert service_name("marks:" + "ab" * 16) == "strongroom:marks:abababababababab"
    assert session.raw_secrets() == {
        "Password for 'kek' on 'strongroom:9f2ac41b9f2ac41b'": base64.b64encode(SECRET)
    }
    assert len(base64.b64encode(SECRET)) == 44


@needs_daemons
def test_a_secret_survives_the_daemon_and_a_wrong_password_does_not_open_it(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    keychain = enter(session, monkeypatch)
    keychain.set(WRITER, SECRET)
    session.stop_daemon()
    assert keychain.state() is KeychainState.ABSENT
    session.start_daemon("not the password")
    assert keychain.state() is KeychainState.LOCKED
    assert "locked" in fault(lambda: keychain.get(WRITER)).title
    assert keychain.unlock() is KeychainState.LOCKED
    session.stop_daemon()
    session.start_daemon(PASSWORD)
    assert keychain.get(WRITER) == SECRET


@needs_daemons
def test_no_daemon_on_the_bus_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    with keyring_session(with_daemon=False) as bus:
        keychain = enter(bus, monkeypatch)
        assert keychain.state() is KeychainState.ABSENT
        assert "no keychain service" in fault(lambda: keychain.get(WRITER)).title
        assert "no keychain service" in fault(keychain.unlock).title


@pytest.mark.parametrize("address", ["", "unix:path=/nonexistent/bus", "tcp:nonsense", "rubbish"])
def test_no_bus_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    if not address:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    keychain = SystemKeychain()
    assert keychain.state() is KeychainState.ABSENT
    for action in (
        lambda: keychain.get(WRITER),
        lambda: keychain.set(WRITER, SECRET),
        lambda: keychain.delete(WRITER),
    ):
        assert "no keychain service" in fault(action).title


@needs_daemons
def test_something_else_under_our_name_is_not_taken_for_a_secret(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    keychain = enter(session, monkeypatch)
    backend = keyring.backends.SecretService.Keyring()
    for text in ("hello", "", "é", base64.b64encode(b"short").decode()):
        backend.set_password(service_name(WRITER), "kek", text)
        assert "something else" in fault(lambda: keychain.get(WRITER)).title


@needs_daemons
def test_many_questions_go_over_one_connection(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon can end when connections come and go quickly, and locks everybody out (ADR 31)."""
    keychain = enter(session, monkeypatch)
    keychain.set(WRITER, SECRET)
    names = session.names_on_the_bus()
    for _ in range(20):
        assert keychain.state() is KeychainState.UNLOCKED
        assert keychain.get(WRITER) == SECRET
        keychain.set(OTHER, SECRET)
        keychain.delete(OTHER)
    # unique names are counted on and never used twice: only the two questions have come since
    came = session.names_on_the_bus() - names
    assert len(came) == 1, came
    assert numbers(came) == {max(numbers(names)) + 1}


@needs_daemons
def test_a_child_of_a_fork_speaks_over_a_connection_of_its_own(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    keychain = enter(session, monkeypatch)
    keychain.set(WRITER, SECRET)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if keychain.get(WRITER) == SECRET else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert keychain.get(WRITER) == SECRET


@needs_daemons
def test_several_threads_ask_at_once_and_each_gets_its_own_answer(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    keychain = enter(session, monkeypatch)
    secrets = {f"{number:016x}" * 4: bytes([number]) * 32 for number in range(8)}
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(keychain.set, secrets, secrets.values()))
        assert list(threads.map(keychain.get, secrets)) == list(secrets.values())


@needs_daemons
def test_keyring_itself_finds_what_is_kept_and_the_other_way_round(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    keychain = enter(session, monkeypatch)
    theirs = keyring.backends.SecretService.Keyring()
    keychain.set(WRITER, SECRET)
    text = theirs.get_password(service_name(WRITER), "kek")
    assert text == base64.b64encode(SECRET).decode()
    theirs.set_password(service_name(WRITER), "kek", base64.b64encode(SECRET[::-1]).decode())
    assert keychain.get(WRITER) == SECRET[::-1]
    keychain.delete(WRITER)
    assert theirs.get_password(service_name(WRITER), "kek") is None
    assert len(session.raw_secrets()) == 0


# ---------------------------------------------------------------- backends that are refused


@pytest.mark.parametrize(
    "name",
    [
        "keyring.backends.null.Keyring",
        "keyrings.alt.file.PlaintextKeyring",
        "keyrings.alt.file.EncryptedKeyring",
        "evil.module.Keyring",
        "keyring.backends.fail.Keyring",
    ],
)
def test_a_backend_that_does_not_protect_is_refused_by_name(name: str) -> None:
    keychain = SystemKeychain({"PYTHON_KEYRING_BACKEND": name})
    assert keychain.state() is KeychainState.ABSENT
    assert name in fault(lambda: keychain.set(WRITER, SECRET)).title


def test_a_planted_backend_is_never_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "planted_keyring.py").write_text(f"open({str(canary)!r}, 'w').close()\n")
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring" / "keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring=planted_keyring.Keyring\nkeyring-path={tmp_path}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "planted_keyring" in fault(lambda: SystemKeychain({}).get(WRITER)).title
    assert not canary.exists()


@needs_daemons
def test_the_trusted_backend_may_be_named_or_chained(
    session: KeyringSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(session, monkeypatch)
    for name in (
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.chainer.ChainerBackend",
    ):
        keychain = SystemKeychain({**os.environ, "PYTHON_KEYRING_BACKEND": name})
        assert keychain.state() is KeychainState.UNLOCKED


def test_without_a_keychain_there_is_nowhere_to_keep_a_secret() -> None:
    none = PassphraseKeychain()
    assert none.state() is none.unlock() is KeychainState.ABSENT
    for action in (
        lambda: none.get(WRITER),
        lambda: none.set(WRITER, SECRET),
        lambda: none.delete(WRITER),
    ):
        assert "passphrase" in fault(action).advice


# ---------------------------------------------------------------- an identity on each of them


def test_an_identity_signs_while_unlocked_and_not_while_locked(
    case: Locker, tmp_path: Path
) -> None:
    pair = KeyPair.generate(random.Random(5).randbytes)
    path = tmp_path / f"{pair.writer}.json"
    create_identity(
        path,
        pair,
        protection="keyring+passphrase",
        keychain=case.keychain,
        passphrase="four words of mine",
        cost=CHEAP,
    )
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "four words of mine"

    identity = Identity(
        path, writer=pair.writer, keychain=case.keychain, ask=ask, clock=FixedClock()
    )
    assert identity.unlock().sign_ed25519(b"m") == pair.sign_ed25519(b"m")
    identity.lock()
    case.lock()
    assert "keychain of this session is locked" in fault(identity.unlock).title
    assert len(asked) == 1


def test_nothing_is_written_while_the_keychain_is_locked(case: Locker, tmp_path: Path) -> None:
    case.lock()
    path = tmp_path / "keys" / "w.json"
    pair = KeyPair.generate()
    fault(lambda: create_identity(path, pair, protection="keyring", keychain=case.keychain))
    assert list(tmp_path.iterdir()) == []
