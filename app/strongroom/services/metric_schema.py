# SPDX-License-Identifier: Apache-2.0
"""What people state about metrics: unit, direction, bounds; which runs break it, what is best.

* Stated rules belong to the store; what names tell fills the rest.
* A damaged file never hides a run: reading falls back to names, `damage` says so, and nothing is
  written over it.
"""

import threading

from filelock import FileLock, Timeout

from strongroom.domain.changes import Changes
from strongroom.domain.errors import EnvironmentFault, Untrusted
from strongroom.domain.metric_schema import MetricRule, MetricSchema
from strongroom.domain.run import Run
from strongroom.store.metric_rules import read_rules, write_rules
from strongroom.store.store_folder import StoreFolder, fault

LOCK_SECONDS = 10.0  # whoever holds the store's lock appends one event, or states one rule

Stamp = tuple[int, int, int] | None
_UNREAD = (-1, -1, -1)


class MetricSchemas:
    """The metric rules of one store; share it between threads.

    Args:
        folder: Where the store lies.
    """

    def __init__(self, folder: StoreFolder) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        self._stamp: Stamp = _UNREAD
        self._schema = MetricSchema()
        self._damage = ""

    def read(self) -> MetricSchema:
        """Returns the rules as they are now; looks at the file's time only while it is the same."""
        with self._guard:
            stamp = self._look()
            if stamp != self._stamp:
                self._schema, self._damage = self._load()
                self._stamp = stamp
            return self._schema

    def damage(self) -> str:
        """Returns what is wrong with the file of stated rules, ``""`` if nothing is."""
        self.read()
        return self._damage

    def breaches(self, run: Run) -> tuple[str, ...]:
        """Returns one sentence for each metric of a run that breaks its rule, by name."""
        schema = self.read()
        found = (schema.breach(key, summary) for key, summary in sorted(run.metrics.items()))
        return tuple(sentence for sentence in found if sentence)

    def set(self, rule: MetricRule) -> Changes:
        """States a rule, in place of the one before.

        Raises:
            BadInput: ``E-SIZE`` for too many rules.
            Untrusted: If the file is damaged; it is left as it is.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        return self._change(rule.key, rule)

    def forget(self, key: str) -> Changes:
        """Removes the stated rule of a metric; what its name tells holds again.

        Raises:
            Untrusted: If the file is damaged; it is left as it is.
            EnvironmentFault: ``E-FULL``, ``E-STORE``.
        """
        return self._change(key, None)

    def _change(self, key: str, rule: MetricRule | None) -> Changes:
        path = self._folder.metric_schema
        self._folder.require_writable()
        try:
            with FileLock(self._folder.lock, timeout=LOCK_SECONDS):
                before = {each.key: each for each in read_rules(path)}
                after = {name: each for name, each in before.items() if name != key}
                if rule is not None:
                    after[key] = rule
                if after == before:
                    return Changes()
                write_rules(path, after.values())
        except Timeout as error:
            raise EnvironmentFault(
                "E-STORE", "Another program is changing this store", "Try again in a moment."
            ) from error
        except OSError as error:
            raise fault(error, path) from error
        with self._guard:
            self._stamp = _UNREAD  # two writes within one tick of the file's clock look alike
        return Changes(metrics=frozenset({key}))

    def _look(self) -> Stamp:
        try:
            found = self._folder.metric_schema.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _load(self) -> tuple[MetricSchema, str]:
        try:
            return MetricSchema(read_rules(self._folder.metric_schema)), ""
        except Untrusted as error:
            return MetricSchema(), error.title
        except OSError as error:
            return MetricSchema(), fault(error, self._folder.metric_schema).title
