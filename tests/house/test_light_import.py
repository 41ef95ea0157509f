# SPDX-License-Identifier: Apache-2.0
"""A training script that says ``import strongroom`` loads nothing heavy."""

import json
import subprocess
import sys

from support.checkout import ROOT
from support.no_internet import isolated

_PROGRAM = """
import json, sys
before = set(sys.modules)
import strongroom
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""


def _loaded(*command: str) -> set[str]:
    done = subprocess.run(command, cwd=ROOT / "app", capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_import_strongroom_loads_the_standard_library_only():
    assert _loaded(sys.executable, "-c", _PROGRAM) <= sys.stdlib_module_names | {"strongroom"}


def test_import_strongroom_works_where_nothing_else_is_installed():
    program = f"import sys; sys.path.insert(0, {str(ROOT / 'app')!r})" + _PROGRAM
    assert "strongroom" in _loaded(*isolated("-S", "-c", program))


def test_a_training_script_logs_with_the_standard_library_only(tmp_path):
    program = _PROGRAM.replace(
        "print(",
        f"""
with strongroom.start_run("light", store={str(tmp_path)!r}) as run:
    strongroom.log_param("depth", 3)
    strongroom.log_metric("loss", 0.5, step=1)
print(""",
    )
    assert _loaded(sys.executable, "-c", program) <= sys.stdlib_module_names | {"strongroom"}
    assert list(tmp_path.rglob("*.srj"))
