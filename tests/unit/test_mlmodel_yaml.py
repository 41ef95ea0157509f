# SPDX-License-Identifier: Apache-2.0
"""MLmodel files of strangers are read as plain, bounded values or refused."""

import json
import time

import pytest

from strongroom.domain.errors import Untrusted
from strongroom.models.mlmodel import SignatureField, read_mlmodel

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "billion laughs": LAUGHS,
    "alias": "flavors: &x {sklearn: {}}\nother: *x\n",
    "anchor only": "flavors: &x {sklearn: {}}\n",
    "object": "flavors: !!python/object/apply:os.system ['true']\n",
    "name": "flavors: {a: !!python/name:os.system ''}\n",
    "own tag": "flavors: {a: !thing {b: 1}}\n",
    "verbose tag": "flavors: {a: !<tag:yaml.org,2002:python/object:os.x> {}}\n",
    "core tag": "flavors: {a: !!binary aGVsbG8=}\n",
    "merge key": "flavors: {a: {'<<': {b: 1}}}\n",
    "deep flow": "flavors: " + "[" * 5000 + "]" * 5000,
    "deep block": "".join(" " * depth + "a:\n" for depth in range(400)),
    "long line": "flavors: {a: " + "x" * 900_000 + "}\n",
    "ten megabytes": "flavors: {a: " + "x" * 10_000_000 + "}\n",
    "many values": "flavors: {a: {}}\nx: [" + "1," * 200_000 + "]\n",
    "duplicate keys": "flavors: {a: {}}\nflavors: {b: {}}\n",
    "duplicate keys inside": "flavors: {a: {x: 1, x: 2}}\n",
    "two documents": "flavors: {a: {}}\n---\nflavors: {b: {}}\n",
    "list as key": "flavors: {[a, b]: {}}\n",
    "no table": "- flavors\n",
    "empty": "",
    "no flavor": "run_id: x\n",
    "flavors a list": "flavors: [sklearn]\n",
    "number keys": "1: 2\nflavors: {a: {}}\n",
    "broken": "flavors: {a: {}\n",
    "control": "flavors: {a: \x00}\n",
    "signature a list": "flavors: {a: {}}\nsignature: {inputs: [1]}\n",
    "signature no JSON": "flavors: {a: {}}\nsignature: {inputs: '[{'}\n",
    "signature deep": "flavors: {a: {}}\nsignature: {inputs: '" + "[" * 100_000 + "'}\n",
    "signature of numbers": "flavors: {a: {}}\nsignature: {inputs: '[1]'}\n",
    "bad shape": "flavors: {a: {}}\n"
    'signature: {inputs: \'[{"type":"tensor","tensor-spec":{"dtype":"f","shape":["x"]}}]\'}\n',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_36_a_hostile_mlmodel_is_refused_quickly_with_a_plain_title(name: str) -> None:
    begun = time.thread_time()
    with pytest.raises(Untrusted) as caught:
        read_mlmodel(HOSTILE[name].encode())
    assert caught.value.code in {"E-FORMAT", "E-SIZE"}
    assert len(caught.value.title) < 200
    assert caught.value.title.isascii()
    assert caught.value.advice
    assert time.thread_time() - begun < 5


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(Untrusted, match="E-FORMAT"):
        read_mlmodel(b"flavors: \xff\xfe")


def test_what_mlflow_writes_is_understood() -> None:
    columns = [{"type": "double", "name": "a", "required": True}, {"type": "long", "name": "b"}]
    tensor = [{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 3]}}]
    params = [{"name": "t", "type": "float", "default": 0.5, "shape": None}]
    found = read_mlmodel(
        f"""artifact_path: file:///home/somebody/mlruns/1/model
flavors:
  python_function:
    env: {{conda: conda.yaml, virtualenv: python_env.yaml}}
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    code: null
    pickled_model: model.skops
is_signature_from_type_hint: false
mlflow_version: 3.17.2
model_size_bytes: 1234
model_uuid: 0123abcd
run_id: 11112222333344445555666677778888
saved_input_example_info: {{artifact_path: input_example.json, type: dataframe}}
signature:
  inputs: '{json.dumps(columns)}'
  outputs: '{json.dumps(tensor)}'
  params: '{json.dumps(params)}'
utc_time_created: '2026-08-01 10:20:30.123456'
metadata: {{owner: fraud, limits: [1, 2]}}
strongroom: {{format: 1}}
""".encode(),
        has_requirements=True,
    )
    assert found.flavors == ("python_function", "sklearn")
    assert found.inputs == (
        SignatureField(name="a", type="double"),
        SignatureField(name="b", type="long"),
    )
    assert found.outputs == (SignatureField(name="", type="int64", shape=(-1, 3)),)
    assert found.params == (SignatureField(name="t", type="float", default="0.5"),)
    assert found.run_id == "11112222333344445555666677778888"
    assert found.created == "2026-08-01 10:20:30.123456"
    assert (found.model_uuid, found.model_size_bytes) == ("0123abcd", 1234)
    assert (found.python_version, found.requirements_file) == ("3.11.7", "requirements.txt")
    assert found.input_example_path == "input_example.json"
    assert found.metadata == {"owner": "fraud", "limits": "[1, 2]"}
