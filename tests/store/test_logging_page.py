# SPDX-License-Identifier: Apache-2.0
"""The examples of the page about logging, run as one script from top to bottom."""

import json
import re
from pathlib import Path

from strongroom.domain.run import RunStatus
from support.checkout import DOCS, text
from support.journals import training
from support.no_internet import GUARDED

PAGE = DOCS / "how-to" / "logging.md"


def test_every_example_of_the_page_about_logging_does_what_it_says(tmp_path: Path) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", text(PAGE), re.MULTILINE | re.DOTALL)
    assert len(examples) >= 9
    script = "\n\n".join(examples) + "\nimport json; print(json.dumps(sorted(changed)))"
    process = training(script, tmp_path / "store", PYTHONPATH=GUARDED)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "was not logged" not in err
    assert isinstance(json.loads(out.splitlines()[-1]), list)
    runs: dict[str, int] = {}
    for folder in (tmp_path / "store" / "runs").glob("*/" + "[0-9a-f]" * 32):
        name = json.loads((folder / "run.json").read_text(encoding="utf-8"))["experiment"]
        runs[name] = runs.get(name, 0) + 1
    assert runs == {"churn": 7, "parts": 1, "study": 1, "trials": 2}
    sealed = list((tmp_path / "store" / "runs").glob("*/*/sealed.json"))
    assert len(sealed) == 11  # reading back took them in
    statuses = {json.loads(each.read_text(encoding="utf-8"))["status"] for each in sealed}
    assert statuses == {RunStatus.FINISHED.value}
