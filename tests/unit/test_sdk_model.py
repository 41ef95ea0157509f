# SPDX-License-Identifier: Apache-2.0
"""Models as folders that MLflow loads: what the files say, and that they can be unpacked."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

import strongroom as sr
from strongroom.journal.content import JournalContent
from strongroom.journal.reader import read_run


def _unpack(folder: Path, content: JournalContent, target: Path) -> None:
    for artifact in content.artifacts:
        with (folder / artifact.container).open("rb") as stream:
            stream.seek(artifact.offset)
            file = target / artifact.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(stream.read(artifact.size_bytes))


class _Doubles:
    def predict(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0] * 2


def test_a_scikit_learn_model_is_kept_as_mlflow_would_keep_it(tmp_path: Path) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rows = np.arange(6.0).reshape(3, 2)
    model = linear.LinearRegression().fit(rows, np.array([1.0, 2.0, 3.0]))
    with sr.start_run(store=tmp_path / "store") as run:
        sr.log_model(model, input_example=rows, metadata={"owner": "ada"})
    assert run.losses.counts == {}
    _unpack(run.folder, read_run(run.folder), tmp_path)
    found = yaml.safe_load((tmp_path / "model" / "MLmodel").read_text(encoding="utf-8"))
    assert set(found["flavors"]) == {"python_function", "sklearn"}
    name = found["flavors"]["sklearn"]["pickled_model"]
    assert (tmp_path / "model" / name).stat().st_size > 0
    assert json.loads(found["signature"]["inputs"]) == [
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}
    ]
    assert found["run_id"] == run.run_id
    assert found["metadata"] == {"owner": "ada"}
    pins = (tmp_path / "model" / "requirements.txt").read_text(encoding="utf-8").split()
    assert any(pin.startswith("scikit-learn==") for pin in pins)
    conda = yaml.safe_load((tmp_path / "model" / "conda.yaml").read_text(encoding="utf-8"))
    assert conda["dependencies"][-1] == {"pip": pins}


def test_a_folder_or_bytes_are_kept_as_files(tmp_path: Path) -> None:
    source = tmp_path / "weights"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "w.bin").write_bytes(b"w" * (2 << 20))
    (source / "config.json").write_text("{}")
    with sr.start_run(store=tmp_path / "store") as run:
        sr.log_model(source, "folder")
        sr.log_model(b"raw", "raw", signature={"inputs": [{"type": "double", "name": "a"}]})
    assert run.losses.counts == {}
    assert sorted(found.path for found in read_run(run.folder).artifacts) == [
        "folder/MLmodel",
        "folder/data/config.json",
        "folder/data/deep/w.bin",
        "raw/MLmodel",
        "raw/data/model.bin",
    ]


def test_columns_become_a_column_signature(tmp_path: Path) -> None:
    from strongroom.sdk.signature import example_of, spec_of

    assert json.loads(spec_of({"a": [1.5], "b": ["x"], "c": np.array([1], np.int32)})) == [
        {"type": "double", "name": "a", "required": True},
        {"type": "string", "name": "b", "required": True},
        {"type": "integer", "name": "c", "required": True},
    ]
    example = example_of([{"a": 1, "b": True}])
    assert json.loads(example.files["input_example.json"]) == {
        "columns": ["a", "b"],
        "data": [[1, True]],
    }


def test_a_model_that_cannot_be_kept_is_counted_and_nothing_of_it_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sr.start_run(store=tmp_path) as run:
        sr.log_model(_Doubles(), flavor="onnx")
        sr.log_model(object())
    content = read_run(run.folder)
    assert content.lost == {"type": 2}
    assert content.artifacts == ()
    assert "onnx" in caplog.text
