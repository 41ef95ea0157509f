# SPDX-License-Identifier: Apache-2.0
"""Keys of this home that have ended: their secrets go, and what they had sealed stays believed.

* What a revoked key could still sign is a contradiction that freezes its log: file and keychain
  half are deleted before the new key is taken up, so that no crash leaves them behind.
* A pull by a timer runs where no keychain is open. The half that lies there is noted, and deleted
  when the keychain next opens; without its file it opens nothing meanwhile.
"""

from contextlib import suppress

from strongroom.domain.errors import EnvironmentFault
from strongroom.domain.ids import is_digest
from strongroom.store.home import Home
from strongroom.store.home_formats import FORMER
from strongroom.trust.keychain import Keychain

MOST = 256  # keys of one home; a key a week for five years


class FormerKeys:
    """The file ``former-keys.json`` of a home.

    Args:
        home: The home.
        keychain: Where halves of keys lie.
    """

    def __init__(self, home: Home, keychain: Keychain) -> None:
        self._home, self._keychain = home, keychain

    def all(self) -> tuple[str, ...]:
        """Returns the keys that have ended here, the latest last."""
        return tuple(self._noted())

    def end(self, writer: str) -> None:
        """Deletes the secrets of a key; doing it again goes on where it was interrupted.

        Raises:
            OSError: If the home cannot be written; the secrets may be there still.
            Refused: ``E-FORMAT`` if a newer Strongroom wrote the file.
        """
        self._home.require_writable(FORMER)
        noted = self._noted()
        if noted.get(writer) != "gone":
            self._save({**noted, writer: "waits"})
        self._home.key_file(writer).unlink(missing_ok=True)
        self.sweep()

    def sweep(self) -> None:
        """Deletes the halves that a closed keychain has kept, if it is open now."""
        noted = self._noted()
        waiting = [writer for writer, state in noted.items() if state == "waits"]
        if waiting and self._home.newer(FORMER):
            return
        for writer in waiting:
            with suppress(EnvironmentFault):
                self._keychain.delete(writer)
                noted[writer] = "gone"
        if any(noted[writer] == "gone" for writer in waiting):
            self._save(noted)

    def _noted(self) -> dict[str, str]:
        keys = self._home.former_keys().get("keys")
        found = keys if isinstance(keys, dict) else {}
        return {w: str(state) for w, state in found.items() if is_digest(w)}

    def _save(self, noted: dict[str, str]) -> None:
        kept = dict(list(noted.items())[-MOST:])
        self._home.save_former_keys({"format": 1, "keys": kept})
