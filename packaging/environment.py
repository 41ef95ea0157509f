# SPDX-License-Identifier: Apache-2.0
"""Virtual environments beside the checkout: made once, known by a stamp, made again on change.

* One holds Strongroom. Others, made only when somebody asks for them, hold a program each that it
  is measured beside (`ensure_peers`), so that nothing of theirs is ever imported by ours.
* Works where Debian ships neither ``python3-venv`` nor a pip that may install: the environment is
  made without pip, and the pip outside installs into it (``pip --python``). ``uv`` on PATH wins.
* A ``wheelhouse`` folder beside pyproject.toml is the only source when it exists.
* The stamp is written last, so a broken installation is never mistaken for a whole one.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
STAMP = FOLDER / "strongroom-stamp.json"
PEERS_FOLDER = ROOT / ".venv-peers"
PEERS_LIST = "peers.json"
PEERS = {  # what the goals were set beside, and what people use
    "mlflow": ("mlflow>=3.17,<3.19",),
    "aim": ("aim>=3.25,<4",),
    "trackio": ("trackio>=0.2,<1",),
    "tensorboardX": ("tensorboardX>=2.6,<3", "numpy>=1.26,<3"),
}
WHEELHOUSE = ROOT / "wheelhouse"
OLDEST_PYTHON = (3, 11)


class SetupError(Exception):
    """Says in one sentence what could not be set up, and what to do."""


def python(folder: Path = FOLDER) -> Path:
    """Returns the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def declared_extras() -> frozenset[str]:
    """Returns the extras that pyproject.toml declares."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return frozenset(project.get("optional-dependencies", {}))


def ensure(extras: frozenset[str]) -> bool:
    """Makes the environment hold Strongroom with these extras.

    Returns:
        Whether anything had to be installed.

    Raises:
        SetupError: If the interpreter is too old, pip is absent or the installation fails.
    """
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    key = _fingerprint()
    held = _held_extras(key)
    if extras <= held and python().exists():
        return False
    wanted = sorted(extras | held)
    print(f"Setting up {FOLDER} with {', '.join(wanted)}: once, about a minute.", flush=True)
    _make(FOLDER)
    _install(FOLDER, "--editable", f"{ROOT}[{','.join(wanted)}]")
    STAMP.write_text(json.dumps({"key": key, "extras": wanted}), "utf-8")
    return True


def ensure_peers() -> Path:
    """Makes an environment for each peer and returns the list of them, a JSON file.

    It holds for each name its interpreter, or why there is none: one that cannot be installed
    here keeps nobody from measuring the others.
    """
    found = {}
    for name, wanted in PEERS.items():
        try:
            found[name] = {"python": str(_ensure_peer(name, wanted)), "reason": ""}
        except SetupError as error:
            print(f"Without {name}: {error}", flush=True)
            found[name] = {"python": "", "reason": str(error)}
    PEERS_FOLDER.mkdir(exist_ok=True)
    listed = PEERS_FOLDER / PEERS_LIST
    listed.write_text(json.dumps(found, indent=2), "utf-8")
    return listed


def _ensure_peer(name: str, wanted: tuple[str, ...]) -> Path:
    folder = PEERS_FOLDER / name
    stamp = folder / STAMP.name
    key = json.dumps([*wanted, *sys.version_info[:2]])
    is_made = stamp.exists() and stamp.read_text("utf-8") == key
    if not (is_made and _works(folder)):
        print(f"Setting up {folder} with {', '.join(wanted)}: once, some minutes.", flush=True)
        folder.parent.mkdir(exist_ok=True)
        _make(folder)
        _install(folder, *wanted)
        stamp.write_text(key, "utf-8")
    return python(folder)


def _fingerprint() -> str:
    """Changes when the dependencies, the interpreter, the place or the wheelhouse do."""
    running = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    running.update(f"{ROOT}\0{sys.version_info[:2]}\0".encode())
    if WHEELHOUSE.is_dir():
        for name in sorted(path.name for path in WHEELHOUSE.iterdir()):
            running.update(f"{name}\0".encode())
    return running.hexdigest()


def _held_extras(key: str) -> frozenset[str]:
    """Returns the extras a finished installation with this fingerprint holds."""
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
        return frozenset(stamp["extras"]) if stamp["key"] == key else frozenset()
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def _make(folder: Path) -> None:
    if _works(folder):
        return
    if folder.exists():
        print("The environment was made for another Python or another place; making it again.")
        shutil.rmtree(folder)
    uv = shutil.which("uv")
    if uv:
        command = [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
    else:
        command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    if subprocess.run(command, check=False).returncode != 0 or not _works(folder):
        raise SetupError(f"A virtual environment could not be made in {folder}.")


def _works(folder: Path) -> bool:
    """Whether an environment runs the Python minor this script runs on."""
    if not python(folder).exists():
        return False
    answer = subprocess.run(
        [python(folder), "-c", "import sys; print(sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() == str(sys.version_info[:2])


def _install(folder: Path, *wanted: str) -> None:
    source = ["--no-index", "--find-links", str(WHEELHOUSE)] if WHEELHOUSE.is_dir() else []
    uv = shutil.which("uv")
    if uv:
        start = [uv, "pip", "install", "--quiet", "--python", str(python(folder))]
    elif _has_pip(sys.executable):
        start = [sys.executable, "-m", "pip", "--python", str(python(folder))]
        start += ["install", "-qq", "--disable-pip-version-check"]
    else:
        raise SetupError("pip is not installed. Install it with: sudo apt-get install python3-pip")
    if subprocess.run([*start, *source, *wanted], check=False).returncode != 0:
        where = f"the wheelhouse {WHEELHOUSE}" if source else "the package index"
        raise SetupError(
            f"The packages could not be installed from {where}. Read the lines above; without a "
            "network, put the wheels into a folder named wheelhouse beside pyproject.toml."
        )


def _has_pip(interpreter: str) -> bool:
    asked = [interpreter, "-m", "pip", "--version"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0
