# SPDX-License-Identifier: Apache-2.0
"""The Secret Service of a Linux session, spoken to over one connection that stays open.

* `keyring`'s own backend opens a connection for each call and closes it. GNOME's daemon (seen in
  42, reported up to 50) may serve the first question of a new connection before it has noted who
  asks, and then ends itself by an assertion, and everybody's keychain is locked
  (gnome-keyring, ``gkd-secret-service.c``, ``service_message_filter``; ADR 31). So there is one
  connection for each keychain, and its first word is a ping, which needs no answer about anybody.
* The items are those of `keyring`, under the same attributes: either finds what the other kept.
* Only `prompt` may ask anybody anything.
"""

import os
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

import keyring.errors
import secretstorage
from jeepney import DBusAddress, DBusErrorResponse, new_method_call
from jeepney.io.blocking import DBusConnection
from jeepney.wrappers import unwrap_msg
from secretstorage import Collection

T = TypeVar("T")

_APPLICATION = "Python keyring library"  # what `keyring` writes; a search does not ask for it
_PING = new_method_call(
    DBusAddress(
        "/org/freedesktop/secrets",
        bus_name="org.freedesktop.secrets",
        interface="org.freedesktop.DBus.Peer",
    ),
    "Ping",
)
_SETTLING_S = 0.05  # the alias of the default collection is set anew when somebody connects
_FAILURES = (secretstorage.SecretStorageException, DBusErrorResponse, OSError)


class SecretService:
    """The default collection of the session; safe to use from several threads, one at a time.

    Each method raises `keyring.errors.KeyringLocked` if the collection is locked, where that
    matters, and `keyring.errors.InitError` if the service does not answer twice.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._connection: DBusConnection | None = None
        self._made_in: tuple[int, str] | None = None
        self._hang_up: Callable[[], object] = lambda: None

    @property
    def is_connected(self) -> bool:
        """Whether a connection of this process to this session stands, as far as is known."""
        return self._connection is not None and self._made_in == _here()

    def is_open(self) -> bool:
        """Whether secrets can be read and kept now; without a collection they cannot."""
        try:
            return self._ask(lambda collection: not collection.is_locked())
        except keyring.errors.KeyringLocked:
            return False

    def get_password(self, service: str, user: str) -> str | None:
        """Returns what is kept under a service and a user, or None."""

        def read(collection: Collection) -> str | None:
            for item in collection.search_items(_attributes(service, user)):
                return item.get_secret().decode("utf-8")
            return None

        return self._ask(read)

    def set_password(self, service: str, user: str, text: str) -> None:
        """Keeps a text under a service and a user in place of an earlier one."""
        attributes = {**_attributes(service, user), "application": _APPLICATION}
        label = f"Password for '{user}' on '{service}'"
        self._ask(
            lambda collection: collection.create_item(
                label, attributes, text.encode("utf-8"), replace=True
            )
        )

    def delete_password(self, service: str, user: str) -> None:
        """Forgets what is kept under a service and a user, if anything is."""

        def forget(collection: Collection) -> None:
            for item in collection.search_items(_attributes(service, user)):
                item.delete()

        self._ask(forget)

    def prompt(self, timeout_s: float) -> None:
        """Shows the session's own prompt and waits for it; a dismissed prompt is no error.

        Raises:
            keyring.errors.InitError: If there is no service.
        """
        try:
            asking = _connected()  # its own: while somebody types, the state can still be asked
        except _FAILURES as error:
            raise keyring.errors.InitError(str(error)) from error
        with closing(asking):
            try:
                secretstorage.get_default_collection(asking).unlock(timeout=timeout_s)
            except _FAILURES:
                return  # dismissed, or nobody came: the state says so

    def _ask(self, question: Callable[[Collection], T]) -> T:
        """Puts a question that may be put twice: a daemon can end between two of them."""
        with self._turn:
            try:
                return question(self._collection())
            except secretstorage.LockedException as error:
                raise keyring.errors.KeyringLocked(str(error)) from error
            except secretstorage.ItemNotFoundException:
                time.sleep(_SETTLING_S)
            except _FAILURES:
                self._drop()
            try:
                return question(self._collection())
            except (secretstorage.LockedException, secretstorage.ItemNotFoundException) as error:
                raise keyring.errors.KeyringLocked(str(error)) from error
            except _FAILURES as error:
                self._drop()
                raise keyring.errors.InitError(str(error)) from error

    def _collection(self) -> Collection:
        if self._connection is None or self._made_in != _here():
            self._drop()
            self._connection, self._made_in = _connected(), _here()
            self._hang_up = weakref.finalize(self, self._connection.close)
        return Collection(self._connection)

    def _drop(self) -> None:
        self._hang_up()
        self._connection = None


def _here() -> tuple[int, str]:
    """Returns what a connection belongs to: a child of a fork must not speak over its parent's."""
    return os.getpid(), os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")


def _attributes(service: str, user: str) -> dict[str, str]:
    return {"service": service, "username": user}


def _connected() -> DBusConnection:
    """Opens a connection and lets the daemon note who we are before it is asked anything."""
    connection = secretstorage.dbus_init()
    try:
        unwrap_msg(connection.send_and_get_reply(_PING))
    except BaseException:
        connection.close()
        raise
    return connection
