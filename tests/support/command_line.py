# SPDX-License-Identifier: Apache-2.0
"""People at their workstations, who type commands: real processes, homes, stores and keys."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.checkout import ROOT

PASSPHRASE = "correct horse battery staple"
_OF_THIS_SESSION = ("STRONGROOM_", "MLFLOW_", "PYTHON", "DBUS_SESSION", "XDG_")
_TIMEOUT_S = 120  # two cores are shared; a command that hangs is found anyway

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
    """Somebody's home at a store, from where commands are typed."""

    home: Path
    store: Path
    passphrase_file: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def type(self, *words: str | Path) -> Said:
        """Runs one command line as a process of its own."""
        return self._run([sys.executable, "-m", "strongroom", *map(str, words)])

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
        said = self._run([sys.executable, "-c", TRAINING, name, content, str(folder)])
        assert said.code == 0, said.err
        found = self.ask("runs", "search", f"attributes.run_name = '{name}'")["runs"]
        return str(found[0]["run_id"])

    def _run(self, command: list[str]) -> Said:
        environ = {
            key: value for key, value in os.environ.items() if not key.startswith(_OF_THIS_SESSION)
        }
        environ |= {
            "PYTHONPATH": str(ROOT / "app"),
            "STRONGROOM_HOME": str(self.home),
            "STRONGROOM_STORE": str(self.store),
            **self.variables,
        }
        if self.passphrase_file is not None:
            environ["STRONGROOM_PASSPHRASE_FILE"] = str(self.passphrase_file)
        done = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        )
        return Said(done.returncode, done.stdout, done.stderr)


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
