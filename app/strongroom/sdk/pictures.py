# SPDX-License-Identifier: Apache-2.0
"""Turns pictures, figures and tables into the bytes of a file, with the standard library.

* numpy, pandas and matplotlib are never imported: an object is asked what it can say.
"""

import csv
import io
import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from strongroom.journal.layout import plain
from strongroom.sdk.losses import Lost

MAX_SIDE = 1 << 15  # pixels; a longer side is no picture but data
_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}  # channels to PNG: grey, grey + alpha, RGB, RGBA


def image_bytes(image: Any) -> bytes:  # noqa: ANN401 - bytes, an array or a PIL image
    """Returns the bytes of an image file: bytes as they are, an array as PNG.

    Raises:
        Lost: If it is neither.
    """
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    if hasattr(image, "save") and hasattr(image, "mode"):  # PIL
        buffer = io.BytesIO()
        image.save(buffer, format="PNG")
        return buffer.getvalue()
    shape = getattr(image, "shape", None)
    if shape is None or len(shape) not in {2, 3} or not hasattr(image, "astype"):
        raise Lost("type", f"{type(image).__name__} is no picture")
    channels = shape[2] if len(shape) == 3 else 1
    height, width = shape[0], shape[1]
    if channels not in _COLOUR_TYPE or not 0 < height <= MAX_SIDE or not 0 < width <= MAX_SIDE:
        raise Lost("type", f"an array of shape {tuple(shape)} is no picture")
    return png(_as_bytes(image), width=width, height=height, channels=channels)


def png(pixels: bytes, *, width: int, height: int, channels: int) -> bytes:
    """Returns a PNG file of 8-bit pixels, rows from the top.

    Args:
        pixels: height x width x channels bytes.
        width: Pixels in a row.
        height: Rows.
        channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
    """
    stride = width * channels
    rows = b"".join(b"\0" + pixels[i : i + stride] for i in range(0, stride * height, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPE[channels], 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def figure_bytes(figure: Any, path: str) -> bytes:  # noqa: ANN401 - bytes or a figure
    """Returns a figure in the format its file name says (png if none).

    Raises:
        Lost: If it cannot be saved.
    """
    if isinstance(figure, bytes | bytearray | memoryview):
        return bytes(figure)
    ending = PurePosixPath(path).suffix.lstrip(".").lower() or "png"
    if hasattr(figure, "savefig"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=ending)
        return buffer.getvalue()
    if ending == "html" and hasattr(figure, "to_html"):
        return str(figure.to_html()).encode("utf-8", "replace")
    raise Lost("type", f"{type(figure).__name__} is no figure")


def table_bytes(table: Any, path: str) -> bytes:  # noqa: ANN401 - dict, list or DataFrame
    """Returns a table as CSV if the path ends so, else as JSON with columns and data.

    Raises:
        Lost: If it has no columns.
    """
    columns, rows = _table(table)
    if path.lower().endswith(".csv"):
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        return buffer.getvalue().encode("utf-8", "replace")
    document = plain({"columns": columns, "data": rows})
    return json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _table(table: Any) -> tuple[list[str], list[list[Any]]]:  # noqa: ANN401 - as above
    if hasattr(table, "columns") and hasattr(table, "to_numpy"):
        names = [str(name) for name in table.columns]
        return names, [list(row) for row in zip(*_frame_columns(table), strict=True)]
    if isinstance(table, Mapping) and table:
        lists = [_listed(values) for values in table.values()]
        if len({len(values) for values in lists}) != 1:
            raise Lost("type", "the columns of the table differ in length")
        return [str(name) for name in table], [list(row) for row in zip(*lists, strict=True)]
    if isinstance(table, list) and table and all(isinstance(row, Mapping) for row in table):
        names = list(dict.fromkeys(name for row in table for name in row))
        return [str(name) for name in names], [[row.get(name) for name in names] for row in table]
    raise Lost("type", f"{type(table).__name__} is no table")


def _frame_columns(table: Any) -> list[list[Any]]:  # noqa: ANN401 - a DataFrame, not imported
    return [_listed(table.iloc[:, place]) for place in range(len(table.columns))]


def _listed(values: Any) -> list[Any]:  # noqa: ANN401 - any column
    to_list = getattr(values, "tolist", None)
    return list(to_list() if callable(to_list) else values)


def _as_bytes(image: Any) -> bytes:  # noqa: ANN401 - a numpy array, not imported
    kind = image.dtype.kind
    if kind == "f":
        image = (image.clip(0.0, 1.0) * 255.0).round()
    elif kind == "b":
        image = image.astype("uint8") * 255
    elif kind in "iu":
        image = image.clip(0, 255)
    else:
        raise Lost("type", f"a picture of {image.dtype} values")
    data: bytes = image.astype("uint8").tobytes()
    return data


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
