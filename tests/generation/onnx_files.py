"""ONNX files, written byte by byte: each pixel's share from its red, green and blue alone.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the fields' numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

_FLOAT = 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, data: bytes | str) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    """A ValueInfoProto: a name, and a float tensor of some shape; names are free dimensions."""
    dims = b"".join(
        _part(1, _number(1, side) if isinstance(side, int) else _part(2, side)) for side in shape
    )
    tensor = _number(1, _FLOAT) + _part(2, dims)
    return _part(1, name) + _part(2, _part(1, tensor))


def _tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    return (
        b"".join(_number(1, side) for side in shape)
        + _number(2, _FLOAT)
        + _part(8, name)
        + _part(9, struct.pack(f"<{len(values)}f", *values))
    )


def _node(kind: str, inputs: Sequence[str], output: str) -> bytes:
    return b"".join(_part(1, name) for name in inputs) + _part(2, output) + _part(4, kind)


def by_colour(
    weights: Sequence[float],
    bias: float = 0.0,
    *,
    size: Sequence[int | str] = ("height", "width"),
    planes: int = 1,
) -> bytes:
    """A network that gives sigmoid(weights · rgb + bias) for each pixel, in `planes` planes."""
    graph = (
        _part(1, _node("Conv", ["picture", "weights", "bias"], "mixed"))
        + _part(1, _node("Sigmoid", ["mixed"], "share"))
        + _part(2, "by colour")
        + _part(5, _tensor("weights", (planes, 3, 1, 1), [*weights] * planes))
        + _part(5, _tensor("bias", (planes,), [bias] * planes))
        + _part(11, _value("picture", (1, 3, *size)))
        + _part(12, _value("share", (1, planes, *size)))
    )
    opset = _part(1, "") + _number(2, 13)
    return _number(1, 8) + _part(7, graph) + _part(8, opset)
