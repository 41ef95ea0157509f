# SPDX-License-Identifier: Apache-2.0
"""A packaged model is inspected without being loaded, whatever is in it."""

import gzip
import io
import json
import struct
import warnings
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from strongroom.domain.artifact import ArtifactFile
from strongroom.domain.errors import Untrusted
from strongroom.models.inspection import inspect
from strongroom.sdk.model_folder import Files, model_files
from support.model_files import inspect_bytes, onnx_model, safetensors, zipped

ROWS = np.arange(80, dtype=np.float64).reshape(20, 4)
LABELS = np.array([0, 1] * 10)
PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def risk_of(path: str, data: bytes) -> str:
    found = inspect_bytes({path: data})
    assert found.per_file[0].reason
    return found.format_risk


def saved(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def content(files: Files) -> dict[str, bytes]:
    return {
        path: data if isinstance(data, bytes) else data.read_bytes() for path, data in files.items()
    }


def packaged(model: object, *, flavor: str = "auto") -> dict[str, bytes]:
    return content(
        model_files(
            model,
            run_id="0" * 32,
            path="model",
            signature=None,
            input_example=ROWS[:3],
            requirements=None,
            flavor=flavor,
            metadata={"owner": "tests"},
        )
    )


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeClassifier(),
        RandomForestClassifier(n_estimators=3),
        HistGradientBoostingClassifier(max_iter=3),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_real_skops_model_is_data_and_its_joblib_is_code(model: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(ROWS, LABELS)  # type: ignore[attr-defined]  # every estimator has it
    import skops.io  # looks at every class of scikit-learn: seconds, for each who collects tests

    assert risk_of("model.skops", skops.io.dumps(model)) == "data-only"
    for compress in (0, 3, ("bz2", 3), ("xz", 1)):
        buffer = io.BytesIO()
        joblib.dump(model, buffer, compress=compress)
        found = inspect_bytes({"model.joblib": buffer.getvalue()})
        assert found.format_risk == "code-on-load"
        assert "sklearn." in found.scan_result


def test_a_model_folder_of_ours_is_data_and_fully_described() -> None:
    found = inspect_bytes(packaged(DecisionTreeClassifier().fit(ROWS, LABELS)))
    assert found.flavors == ("python_function", "sklearn")
    assert (found.format_risk, found.scan_result) == ("data-only", "7 files data-only")
    description = found.description
    assert description is not None
    assert description.run_id == "0" * 32
    assert description.inputs[0].shape == (-1, 4)
    assert description.requirements_file == "requirements.txt"
    assert description.metadata == {"owner": "tests"}


def test_a_pickled_model_folder_is_code_and_says_which_files() -> None:
    model = DecisionTreeClassifier().fit(ROWS, LABELS)
    found = inspect_bytes(packaged(model, flavor="python_function"))
    assert found.format_risk == "code-on-load"
    assert "model.pkl code-on-load: sklearn.tree._classes.DecisionTreeClassifier" in (
        found.scan_result
    )
    assert "code/strongroom_loader.py code-on-load: program or script" in found.scan_result


def test_a_skops_file_with_a_strange_type_is_unknown() -> None:
    schema = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode"}
    schema |= {"content": {}, "protocol": 2}
    good = zipped({"schema.json": json.dumps(schema).encode()})
    assert risk_of("m.skops", good) == "data-only"
    for strange in (
        {"__class__": "eval", "__module__": "builtins", "__loader__": "TypeNode"},
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
        {"__class__": "load", "__module__": "numpy", "__loader__": "FunctionNode"},
        {"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode"},
        {"__class__": "Ridge", "__module__": "sklearn.linear_model", "__loader__": "MethodNode"},
        {"__class__": "X", "__module__": "sklearn.externals.y", "__loader__": "ObjectNode"},
        {"__class__": "X", "__module__": "sklearnx.y", "__loader__": "ObjectNode"},
        {"__class__": "methodcaller", "__module__": "operator", "__loader__": "OperatorFuncNode"},
        {"__class__": ["list"], "__module__": "builtins", "__loader__": "ListNode"},
        {
            "__class__": "Generator",
            "__module__": "numpy.random._generator",
            "__loader__": "RandomGeneratorNode",
            "content": {"bit_generator": {"content": {"bit_generator": {"content": '"seed"'}}}},
        },
    ):
        bad = {**schema, "content": {"a": [strange]}}
        assert risk_of("m.skops", zipped({"schema.json": json.dumps(bad).encode()})) == "unknown"
    old = zipped({"schema.json": json.dumps({**schema, "protocol": 1}).encode()})
    assert risk_of("m.skops", old) == "unknown"
    hidden = zipped({"schema.json": json.dumps(schema).encode(), "x.npy": saved(np.array([{}]))})
    assert risk_of("m.skops", hidden) == "code-on-load"


TENSOR = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
PARQUET, FEATHER, PICKLED_ARROW = io.BytesIO(), io.BytesIO(), io.BytesIO()
pyarrow.parquet.write_table(pa.table({"a": [1, 2]}), PARQUET)
pyarrow.feather.write_feather(pa.table({"a": [1, 2]}), FEATHER)
pyarrow.parquet.write_table(
    pa.table(
        {"a": [1]},
        schema=pa.schema(
            [
                pa.field(
                    "a", pa.int64(), metadata={"ARROW:extension:name": "arrow.py_extension_type"}
                )
            ]
        ),
    ),
    PICKLED_ARROW,
)
KNOWN = {
    "safetensors": ("m.safetensors", safetensors(TENSOR, bytes(8)), "data-only"),
    "safetensors longer": ("m.safetensors", safetensors(TENSOR, bytes(9)), "unknown"),
    "safetensors shorter": ("m.safetensors", safetensors(TENSOR, bytes(7)), "unknown"),
    "safetensors gap": (
        "m.safetensors",
        safetensors(TENSOR.replace(b"[0,8]", b"[1,9]"), bytes(9)),
        "unknown",
    ),
    "safetensors twice": ("m.safetensors", safetensors(b'{"a":1,"a":2}', b""), "unknown"),
    "safetensors huge": ("m.safetensors", struct.pack("<Q", 2**62) + b"{}", "unknown"),
    "safetensors deep": ("m.safetensors", safetensors(b"[" * 100_000, b""), "unknown"),
    "onnx": ("m.onnx", onnx_model(), "data-only"),
    "onnx ml": ("m.onnx", onnx_model(domain="ai.onnx.ml"), "data-only"),
    "onnx custom": ("m.onnx", onnx_model(domain="com.evil"), "unknown"),
    "onnx beside": ("m.onnx", onnx_model(location="weights.bin"), "data-only"),
    "onnx absolute": ("m.onnx", onnx_model(location="/etc/passwd"), "unknown"),
    "onnx upwards": ("m.onnx", onnx_model(location="../../x"), "unknown"),
    "onnx cut": ("m.onnx", onnx_model()[:-3], "unknown"),
    "onnx no model": ("m.onnx", b"hello world", "unknown"),
    "gguf": ("m.gguf", b"GGUF\3\0\0\0" + bytes(16), "data-only"),
    "npy": ("a.npy", saved(ROWS), "data-only"),
    "npy texts": ("a.npy", saved(np.array(["x"])), "data-only"),
    "npy dates": ("a.npy", saved(np.array(["2026-01-01"], dtype="M8[D]")), "data-only"),
    "npy rows": ("a.npy", saved(np.zeros(2, dtype=[("a", "<f4", (2,))])), "data-only"),
    "npy objects": ("a.npy", saved(np.array([{}])), "code-on-load"),
    "npy hidden": ("a.npy", saved(np.zeros(1, dtype=[("a", "O")])), "code-on-load"),
    "npy cut": ("a.npy", saved(ROWS)[:20], "unknown"),
    "parquet": ("t.parquet", PARQUET.getvalue(), "data-only"),
    "parquet cut": ("t.parquet", PARQUET.getvalue()[:-1], "unknown"),
    "parquet pickled type": ("t.parquet", PICKLED_ARROW.getvalue(), "code-on-load"),
    "feather": ("t.feather", FEATHER.getvalue(), "data-only"),
    "png": ("a.png", PIXEL, "data-only"),
    "jpeg": ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(9), "data-only"),
    "json": ("a.json", b'{"a": 1}', "data-only"),
    "keras json": ("config.json", b'{"class_name": "Lambda"}', "code-on-load"),
    "keras zip": ("m.keras", zipped({"config.json": b'{"class_name":"Lambda"}'}), "code-on-load"),
    "hdf5": ("m.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "unknown"),
    "hdf5 lambda": ("m.h5", b"\x89HDF" + bytes(99) + b'"class_name": "Lambda"', "code-on-load"),
    "yaml": ("a.yaml", b"a: 1\n", "data-only"),
    "yaml object": ("a.yaml", b"a: !!python/object/apply:os.system [x]\n", "code-on-load"),
    "csv": ("a.csv", "größe,b\n1,2\n".encode(), "data-only"),
    "csv packed": ("a.csv.gz", gzip.compress(b"a,b\n1,2\n"), "data-only"),
    "csv with zeros": ("a.csv", b"a,b\n" + b"1" * 5000 + b"\0", "unknown"),
    "markdown": ("README.md", b"# Title\n", "data-only"),
    "script": ("run", b"#!/bin/sh\ntrue\n", "code-on-load"),
    "python": ("a.py", b"", "code-on-load"),
    "library": ("a.bin", b"\x7fELF" + bytes(60), "code-on-load"),
    "torchscript": ("m.pt", zipped({"m/constants.pkl": b"\x80\x02).", "m/x": b""}), "code-on-load"),
    "gzip with a tail": ("a.csv.gz", gzip.compress(b"a\n") + gzip.compress(b"b\n"), "unknown"),
    "gzip cut": ("a.csv.gz", gzip.compress(b"a,b\n" * 900)[:-12], "unknown"),
    "zip in a zip": ("m.zip", zipped({"a.zip": zipped({"a.txt": b"x"})}), "unknown"),
    "zip cut": ("m.zip", zipped({"a.txt": b"x" * 99})[:-9], "unknown"),
    "noise": ("weights", bytes(range(128, 256)) * 9, "unknown"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_each_format_has_its_class(name: str) -> None:
    path, data, expected = KNOWN[name]
    assert risk_of(path, data) == expected, inspect_bytes({path: data}).scan_result


def test_a_zip_with_a_name_twice_is_unknown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = zipped({"a.txt": b"x", "b.txt": b"y"})
    assert risk_of("m.zip", one.replace(b"b.txt", b"a.txt")) == "unknown"


def test_a_zip_whose_members_overlap_is_unknown() -> None:
    whole = zipped({"a.txt": b"x" * 999, "b.txt": b"y"}, method=zipfile.ZIP_STORED)
    at = whole.rindex(b"PK\x01\x02")
    grown = whole[at : at + 20] + struct.pack("<LL", 999, 999) + whole[at + 28 :]
    assert risk_of("m.zip", whole) == "data-only"
    assert risk_of("m.zip", whole[:at] + grown) == "unknown"


def test_the_tree_is_as_bad_as_its_worst_file_and_says_so() -> None:
    found = inspect_bytes({"a.json": b"{}", "b.csv": b"1\n", "w": b"\xff\xfe\xfd", "x.py": b""})
    assert found.format_risk == "code-on-load"
    assert found.scan_result == (
        "2 files data-only; x.py code-on-load: program or script; w unknown: unfamiliar format"
    )
    assert [(file.path, file.risk) for file in found.per_file] == [
        ("a.json", "data-only"),
        ("b.csv", "data-only"),
        ("w", "unknown"),
        ("x.py", "code-on-load"),
    ]
    assert (found.flavors, found.description) == ((), None)


def test_no_file_at_all_is_unknown() -> None:
    assert inspect_bytes({}).format_risk == "unknown"


def test_a_broken_mlmodel_refuses_the_tree() -> None:
    with pytest.raises(Untrusted, match="E-FORMAT"):
        inspect_bytes({"MLmodel": b"- 1\n"})


def test_files_on_the_disk_are_read_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(TENSOR, bytes(8)))
    opened = []

    def open_file(file: ArtifactFile) -> io.BufferedReader:
        opened.append((tmp_path / file.path).open("rb"))
        return opened[-1]

    file = ArtifactFile(path=path.name, size_bytes=path.stat().st_size, sha256="0" * 64)
    assert inspect([file], open_file).format_risk == "data-only"
    assert opened
    assert all(each.closed for each in opened)


def test_a_file_that_cannot_seek_is_inspected_all_the_same() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, offset: int, whence: int = 0, /) -> int:
            raise OSError("a pipe")

    data = zipped({"a.npy": saved(ROWS)})
    file = ArtifactFile(path="a.npz", size_bytes=len(data), sha256="0" * 64)
    assert inspect([file], lambda _: Pipe(data)).format_risk == "data-only"
