"""What an ONNX file says of itself, read without believing it: before onnxruntime, which parses it in C++, sees it.

The format is protobuf (https://onnx.ai/onnx/repo-docs/IR.html, onnx.proto3); field numbers below are those of that file.
"""

#: Domains whose operators onnxruntime has itself.
_KNOWN = frozenset(("", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental"))
_MOST_PARTS, _DEEPEST, _MOST_NAMED = 2_000_000, 40, 20
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, SparseTensorProto, FunctionProto, OperatorSetIdProto: the
# fields that are followed, and what is in them.
_INSIDE = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "function": {7: "node", 11: "attribute"},
    "tensor": {},
    "opset": {},
}


class Malformed(Exception):
    """The bytes are no ONNX model. The message says why."""


class About:
    """`external`: names of tensors whose data is in another file. `foreign`: operators that are in nobody's set here, as
    `domain.Name`."""

    def __init__(self):
        self.has_graph = False
        self.external = []
        self.foreign = []


def read(data):
    """An About. Raises Malformed."""
    about, used, local = About(), {}, set()
    parts, todo = 0, [("model", memoryview(data), 0)]
    while todo:
        kind, body, depth = todo.pop()
        if depth > _DEEPEST:
            raise Malformed("is nested more than %d deep" % _DEEPEST)
        inside, texts, location = _INSIDE[kind], {}, 0
        for number, wire, value in _fields(body):
            parts += 1
            if parts > _MOST_PARTS:
                raise Malformed("has more than %d parts" % _MOST_PARTS)
            if number in inside:
                if wire != _BYTES:
                    raise Malformed("has a field of the wrong type (%s, %d)" % (kind, number))
                about.has_graph = about.has_graph or (kind == "model" and number == 7)
                todo.append((inside[number], value, depth + 1))
            elif kind == "tensor" and number == 14 and wire == _VARINT:
                location = value
            elif kind == "tensor" and number == 13:
                location = 1  # external_data
            elif wire == _BYTES and number in _TEXTS.get(kind, ()):
                texts[number] = bytes(value[:200]).decode("utf-8", "replace")
        if kind == "tensor" and location == 1 and len(about.external) < _MOST_NAMED:
            about.external.append(texts.get(8, "?"))
        elif kind == "node":
            used.setdefault((texts.get(7, ""), texts.get(4, "?")))
        elif kind == "function":
            local.add((texts.get(10, ""), texts.get(1, "?")))
    if not about.has_graph:
        raise Malformed("has no graph")
    foreign = (one for one in used if one[0] not in _KNOWN and one not in local)
    about.foreign = ["%s.%s" % one for one in foreign][:_MOST_NAMED]
    return about


#: Names that are read: of a tensor; type and domain of a node's operator; name and domain of a function.
_TEXTS = {"tensor": (8,), "node": (4, 7), "function": (1, 10)}


def _fields(body):
    """(number, wire type, value) of each field of a message; of those with a length, the part of `body`."""
    at, end = 0, len(body)
    while at < end:
        key, at = _varint(body, at, end)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise Malformed("has a field without a number")
        if wire == _VARINT:
            value, at = _varint(body, at, end)
        elif wire == _BYTES:
            length, at = _varint(body, at, end)
            value, at = body[at : at + length], at + length
        elif wire in (_FIXED64, _FIXED32):
            value, at = None, at + (8 if wire == _FIXED64 else 4)
        else:
            raise Malformed("is no protobuf")
        if at > end:
            raise Malformed("ends too early")
        yield number, wire, value


def _varint(body, at, end):
    value = shift = 0
    while at < end and shift < 70:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Malformed("ends too early" if at >= end else "is no protobuf")
