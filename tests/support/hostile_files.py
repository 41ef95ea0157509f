# SPDX-License-Identifier: Apache-2.0
"""Files of somebody who means harm: each names a canary or a port, or asks for too much."""

import base64
import gzip
import io
import json
import os
import pickle  # noqa: TID251 - writes what is never loaded
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ESC, BIDI = "\x1b[31m\x1b]8;;http://evil.example\x07", "\u202egnp.exe\u2066\u2028\u200d"


class _Shell:
    """A pickle that would write the canary."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return (os.system, (f"touch {self.canary}/was-here",))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def drawings(canary: Path, port: int) -> dict[str, bytes]:
    """SVGs that reach outside, run, or explode."""
    outside = f"{canary}/canary.png"
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    start = f'<svg {space} width="40" height="40">'
    uses = "".join(
        f'<g id="a{at}"><use xlink:href="#a{at + 1}"/><use xlink:href="#a{at + 1}"/></g>'
        for at in range(40)
    )
    return {
        "svg/image.svg": f'{start}<image xlink:href="{outside}" width="9" height="9"/></svg>',
        "svg/file.svg": f'{start}<image href="file://{outside}" width="9" height="9"/></svg>',
        "svg/http.svg": f'{start}<image href="http://127.0.0.1:{port}/x" width="9"/></svg>',
        "svg/use.svg": f'{start}<use xlink:href="file://{outside}#a"/></svg>',
        "svg/style.svg": f"{start}<style>@import url(file://{outside}); rect {{ fill: "
        f'url(file://{outside}) }}</style><rect width="9" height="9"/></svg>',
        "svg/fill.svg": f'{start}<rect width="9" height="9" fill="url(file://{outside}#a)"/></svg>',
        "svg/script.svg": f'{start}<script>fetch("http://127.0.0.1:{port}")</script>'
        f'<rect width="9" height="9" onload="x()"/></svg>',
        "svg/foreign.svg": f'{start}<foreignObject><img src="{outside}"/></foreignObject></svg>',
        "svg/sheet.svg": f'<?xml-stylesheet href="file://{outside}"?>{start}</svg>',
        "svg/entity.svg": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{outside}">]>{start}'
        "<text>&x;</text></svg>",
        "svg/laughs.svg": '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
        + f"]>{start}<text>&j;</text></svg>",
        "svg/uses.svg": f'{start}{uses}<rect id="a40" width="1" height="1"/></svg>',
        "svg/loop.svg": f'{start}<g id="a"><use xlink:href="#a"/></g></svg>',
        "svg/deep.svg": f"{start}{'<g>' * 5_000}{'</g>' * 5_000}</svg>",
        "svg/dash.svg": f'{start}<path d="M0 0H999999999" stroke-dasharray="0.00001"/></svg>',
        "svg/wide.svg": f'<svg {space} width="900000" height="900000"><rect width="9"/></svg>',
    }  # type: ignore[return-value]


def texts(canary: Path, port: int) -> dict[str, bytes]:
    """Texts, pages and documents that pretend, reach outside, or are too deep."""
    outside, web = f"{canary}/canary.png", f"http://127.0.0.1:{port}/x"
    deep = 60_000
    return {
        "page/reach.md": f"![a]({outside}) ![b](file://{outside}) ![c]({web}) [d]({web})\n"
        f'<img src="file://{outside}"><script>1</script> <a href="{web}">x</a>\n\n'
        f"[ref]: file://{outside}\n![ref]\n".encode(),
        "page/unc.md": b"![x](//evil.example/share/x.png) <img src='\\\\evil\\x'>",
        "page/long.md": b"# " + b"x" * 10_000_000,
        "page/quotes.md": b">" * 20_000 + b" x\n" + b"- " * 10_000 + b"x",
        "page/marks.md": b"*[" * 50_000 + b"\n" + b"![" * 50_000,
        "text/escape.log": (f"{ESC} red {BIDI}\r\n" * 50).encode(),
        "text/line.log": b"x" * 10_000_000,
        "text/nul.txt": b"a\x01\x02" * 10 + b"plain text\n" * 100,
        "tree/deep.json": b"[" * deep + b"]" * deep,
        "tree/wide.json": b"[" + b"0," * 2_000_000 + b"0]",
        "tree/twice.json": b'{"a": 1, "a": NaN, "b": -Infinity, "c": "\\ud800"}',
        "tree/number.json": b'{"a": ' + b"9" * 100_000 + b"}",
        "tree/alias.yaml": b"a: &a [x, x]\n"
        + b"".join(b"b%d: [*a, *a, *a]\n" % n for n in range(30)),
        "tree/tag.yaml": f"!!python/object/apply:os.system ['touch {canary}/was-here']".encode(),
        "tree/laughs.yml": b"a: &a [l,l]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
        "confusion.json": b"[[1e400, 2], [3, 4]]",
        "confusion/confusion.json": b"[" + (b"[" + b"0, " * 1_999 + b"0], ") * 87,  # torn
        "book.ipynb": json.dumps(
            {
                "cells": [
                    {"cell_type": "markdown", "source": f"![x](file://{outside})"},
                    {
                        "cell_type": "code",
                        "source": "x",
                        "outputs": [
                            {"output_type": "display_data", "data": {"text/html": f"<img {web}>"}},
                            {"output_type": "stream", "text": ESC + BIDI},
                            {
                                "output_type": "display_data",
                                "data": {"image/png": base64.b64encode(png(9, 9, b"")).decode()},
                            },
                        ],
                    },
                ]
            }
        ).encode(),
    }


def tables() -> dict[str, bytes]:
    """Tables with formulas, odd quotes, huge fields, objects."""
    strange, objects = io.BytesIO(), io.BytesIO()
    values = ['=HYPERLINK("http://evil")', ESC, BIDI, "<b>x</b>", "x" * 1_000_000]
    pq.write_table(pa.table({"<i>name</i>\n\u202e": values, "list": [[1] * 1_000] * 5}), strange)
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"\0" * 50_000_000)
        archive.writestr("../../evil.pkl", b"cos\nsystem\n(S'x'\ntR.")
    return {
        "table/formula.csv": f'a,b\n"=cmd|x",+1\n{ESC},{BIDI}\n-1+1,@x\n'.encode(),
        "table/open.csv": b'a,b\n"never closed' + b",x\n" * 100_000,
        "table/field.csv": b"a,b\n" + b"x" * 5_000_000 + b",1\n",
        "table/wide.csv": b",".join(b"c" * 3 for _ in range(20_000)) + b"\n",
        "table/nul.csv": b"a,b\n\x01,2\n",
        "table/strange.parquet": strange.getvalue(),
        "table/cut.parquet": strange.getvalue()[:-40] + b"PAR1",
        "table/lies.parquet": b"PAR1" + b"\xff" * 200 + struct.pack("<I", 180) + b"PAR1",
        "table/lies.arrow": b"ARROW1\0\0" + b"\xff" * 200 + struct.pack("<I", 100) + b"ARROW1",
        "table/objects.npy": objects.getvalue(),
        "table/lies.npy": b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 9), }".ljust(118),
        "zip/bomb.npz": zipped.getvalue(),
    }


def programs(canary: Path) -> dict[str, bytes]:
    """Pickles and archives that would act when loaded."""
    act = pickle.dumps(_Shell(canary))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", act)
        archive.writestr("model/data/0", b"\0" * 1_000)
    return {
        "model.pkl": act,
        "model.joblib": gzip.compress(act),
        "model.pt": held.getvalue(),
        "old.pkl": f"cposix\nsystem\n(S'touch {canary}/was-here'\ntR.".encode(),
        "torn.pkl": act[:-3],
        "bomb.gz": gzip.compress(b"\0" * 60_000_000, 1),
    }


def pictures() -> dict[str, bytes]:
    """Pictures, sounds and documents that state more than there is."""
    bitmap = struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 2**30, 2**30, 1, 24, *[0] * 6)
    action = b"<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"
    jpeg = "ffd8ffc0001108ffffffff03012200021101031101ffd9"
    sound = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\xff\xff" + b"\0" * 10 + b"\x10\0"
    return {
        "huge.png": png(60_000, 60_000, b"\0"),
        "bomb.png": png(6_000, 6_000, b"\0" * (6_000 * 18_001)),
        "torn.png": png(100, 100, b"\0" * 30_100)[:60],
        "liar.png": b"GIF89a" + b"\xff" * 20,
        "huge.jpg": bytes.fromhex(jpeg),
        "torn.bmp": b"BM" + bitmap,
        "doc.pdf": b"%PDF-1.7\n1 0 obj" + action + b"endobj\ntrailer<</Root 1 0 R>>",
        "sound.wav": sound + b"data\xff\xff\xff\xff",
    }


def hostile_files(canary: Path, port: int) -> dict[str, bytes]:
    """Returns the whole corpus by path."""
    found: dict[str, bytes] = {}
    for part in (drawings(canary, port), texts(canary, port), tables(), programs(canary)):
        found |= {
            path: data if isinstance(data, bytes) else str(data).encode()
            for path, data in part.items()
        }
    return found | pictures()
