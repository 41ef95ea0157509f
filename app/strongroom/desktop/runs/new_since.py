# SPDX-License-Identifier: Apache-2.0
"""Which runs came since a person last looked at this store's runs.

* Leaving the page is when looking ends; whatever came until then was seen.
* The catalog numbers runs as they come, so one number says it. The first look has nothing new.
"""

from strongroom.desktop.kit.session import Session

REMEMBERED = "runs.seen"
MOST_STORES = 50
EVERYTHING = 1 << 62


class NewSince:
    """The newest run that was seen.

    Args:
        session: Where it is kept.
        store: Which store this is.
    """

    def __init__(self, session: Session, store: str) -> None:
        self._session, self._store = session, store
        kept = session.value(REMEMBERED, {})
        known = kept.get(store) if isinstance(kept, dict) else None
        self._seen = known if isinstance(known, int) and not isinstance(known, bool) else None
        self._newest = 0

    def seen_id(self) -> int:
        """Returns the largest catalog id that was seen; runs above it are new."""
        return EVERYTHING if self._seen is None else self._seen

    def note(self, newest_id: int) -> None:
        """Hears of the newest run there is."""
        self._newest = newest_id
        if self._seen is not None and self._seen > newest_id:  # the catalog was built anew
            self._seen = newest_id

    def leave(self) -> None:
        """Remembers that everything there is was seen."""
        if not self._newest:
            return
        self._seen = self._newest
        kept = self._session.value(REMEMBERED, {})
        stores = dict(kept) if isinstance(kept, dict) else {}
        stores.pop(self._store, None)
        stores[self._store] = self._seen
        self._session.set_value(REMEMBERED, dict(list(stores.items())[-MOST_STORES:]))
