# SPDX-License-Identifier: Apache-2.0
"""People at their workstations, who type commands: real processes, homes, stores and keys."""

import atexit
import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.no_internet import GUARDED

PASSPHRASE = "correct horse battery staple"
CHEAP = {"memory_kib": 64, "passes": 1, "lanes": 1}  # tests guess nothing
_OF_THIS_SESSION = ("STRONGROOM_", "MLFLOW_", "PYTHON", "DBUS_SESSION", "XDG_")
_TIMEOUT_S = 120  # two cores are shared; a command that hangs is found anyway

SERVER = """
import gc, importlib, json, os, pkgutil, runpy, sys
import strongroom
from strongroom.trust import keyfile

for room in pkgutil.iter_modules(strongroom.__path__, "strongroom."):
    if room.ispkg and room.name not in ("strongroom.desktop", "strongroom.demo"):
        package = importlib.import_module(room.name)
        for each in pkgutil.walk_packages(package.__path__, room.name + "."):
            importlib.import_module(each.name)
for name in ("sqlalchemy.dialects.sqlite", "pyarrow.parquet", "pyarrow.compute"):
    importlib.import_module(name)
assert "PySide6" not in sys.modules
gc.freeze()

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(asked["environ"])
        for number, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = asked["argv"]
        for field, cost in asked["kdf"].items():
            object.__setattr__(keyfile.STRONG, field, cost)
        if asked["script"]:
            exec(asked["script"], {"__name__": "__main__"})
            sys.exit(0)
        runpy.run_module("strongroom", run_name="__main__", alter_sys=True)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""

TRAINING = """
import pathlib, sys
import strongroom as sr

name, content, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
with sr.start_run("fraud", name=name) as run:
    sr.log_param("rate", 0.1)
    for step in range(50):
        sr.log_metric("accuracy", 0.5 + step / 200, step=step)
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(content.encode() * 2000)
    sr.log_model(folder, "model")
"""


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Workplace:
    """Somebody's home at a store, from where commands are typed.

    What a guess at the passphrase costs is lowered, as everywhere in the tests; with an empty
    ``kdf`` it is what the program makes it.
    """

    home: Path
    store: Path
    passphrase_file: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    kdf: Mapping[str, int] = field(default_factory=lambda: CHEAP)

    def type(self, *words: str | Path) -> Said:
        """Runs one command line as a process of its own."""
        return self._run(["strongroom", *map(str, words)])

    def ask(self, *words: str | Path, code: int = 0) -> Any:
        """Runs a command with --json, expects its exit code, returns the document."""
        said = self.type(*words, "--json")
        assert said.code == code, f"{words}: {said}"
        assert "Traceback" not in said.err, said.err
        return said.document

    def refused(self, *words: str | Path, code: int) -> str:
        """Runs a command that must fail with an exit code; returns the error's code."""
        error = self.ask(*words, code=code)["error"]
        assert error["title"], error
        assert error["advice"], error
        return str(error["code"])

    def train(self, name: str, content: str, folder: Path) -> str:
        """Runs a training script that logs a model; returns the id of its run."""
        said = self._run(["train.py", name, content, str(folder)], TRAINING)
        assert said.code == 0, said.err
        found = self.ask("runs", "search", f"attributes.run_name = '{name}'")["runs"]
        return str(found[0]["run_id"])

    def environ(self) -> dict[str, str]:
        """Returns the variables of a process that is started here."""
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith(_OF_THIS_SESSION)
        }
        named = self.passphrase_file
        return inherited | {
            "PYTHONPATH": GUARDED,
            "STRONGROOM_HOME": str(self.home),
            "STRONGROOM_STORE": str(self.store),
            **({} if named is None else {"STRONGROOM_PASSPHRASE_FILE": str(named)}),
            **self.variables,
        }

    def _run(self, argv: list[str], script: str = "") -> Said:
        self.home.mkdir(parents=True, exist_ok=True)
        out, err = (self.home.parent / f"{self.home.name}.{name}" for name in ("out", "err"))
        asked = {"argv": argv, "script": script, "kdf": dict(self.kdf), "environ": self.environ()}
        code = _server().ask({**asked, "out": str(out), "err": str(err)})
        return Said(code, out.read_text(), err.read_text())


class _Server:
    """A process that has imported the whole program and forks for each command.

    A command is a process with an environment of its own, as from a shell; what is saved is the
    second of imports that each of a hundred commands would spend: the program imports a service
    when it is first asked for, so all of them are imported by name.
    """

    def __init__(self) -> None:
        environ = {
            key: value for key, value in os.environ.items() if not key.startswith(_OF_THIS_SESSION)
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            env={**environ, "PYTHONPATH": GUARDED},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.stop)

    def ask(self, asked: dict[str, Any]) -> int:
        """Runs one command and returns its exit code; ends a server whose command hangs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watchdog = threading.Timer(_TIMEOUT_S, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())
        finally:
            watchdog.cancel()

    def stop(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()


@functools.cache
def _server() -> _Server:
    return _Server()


def workplace(root: Path, person: str, store: str, **variables: str) -> Workplace:
    """Returns somebody's workplace below a folder, with a passphrase file of his own."""
    passphrase = root / f"{person}.passphrase"
    if not passphrase.exists():
        passphrase.parent.mkdir(parents=True, exist_ok=True)
        passphrase.write_text(f"{PASSPHRASE} of {person}\n")
        passphrase.chmod(0o600)
    return Workplace(root / "homes" / person, root / "stores" / store, passphrase, variables)


def change_one_byte(path: Path, offset: int = -1) -> None:
    """Changes one byte in the middle of a file, or at an offset."""
    content = bytearray(path.read_bytes())
    at = len(content) // 2 if offset < 0 else offset
    content[at] ^= 0x01
    path.chmod(0o644)
    path.write_bytes(content)
