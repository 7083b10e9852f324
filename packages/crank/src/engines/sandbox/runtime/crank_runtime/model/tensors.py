"""Tensors over JSON: nested arrays, checked for element type and shape; or a file in numpy's format (.npy)."""

from ..decoder import Decoder, expected
from ..errors import InvalidInput
from ..files import FileRef, _file_schema, file_of
from ..scalars import NON_FINITE, Float

#: onnxruntime's names of element types that numpy has. bfloat16, float8, int4 and complex are not among them.
ELEMENTS = {
    "tensor(float16)": "float16",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int8)": "int8",
    "tensor(int16)": "int16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(uint8)": "uint8",
    "tensor(uint16)": "uint16",
    "tensor(uint32)": "uint32",
    "tensor(uint64)": "uint64",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}
_DEEPEST_SCHEMA = 8
_NPY = 128 << 20  # what a file may have


class Tensor(Decoder):
    """One input of a model. `shape`: a number, or a name or None where any number will do."""

    files = True

    def __init__(self, name, element, shape):
        self.name = name
        self.element = element
        self.shape = tuple(size if isinstance(size, int) and size >= 0 else size or None for size in shape)
        self.dtype = ELEMENTS[element]

    def decode(self, value):
        import numpy

        if type(value) in (FileRef, dict):
            return self.fit(_npy(file_of(value)))
        if self.shape and type(value) is not list:
            raise expected("an array of %d dimensions" % len(self.shape), value)
        if self.dtype.startswith("float"):
            value = _numbers(value)
        try:
            array = numpy.array(value, dtype="object" if self.dtype == "object" else None)
        except (ValueError, OverflowError):
            raise InvalidInput("the arrays within it differ in length") from None
        if array.dtype == "object" and self.dtype != "object":
            raise InvalidInput("the arrays within it differ in length, or its numbers are too large")
        if array.size == 0:
            array = array.reshape(_empty(value, self.shape))
        return self.fit(array)

    def fit(self, array):
        """The array in the model's element type, where it is of the model's shape. Raises InvalidInput."""
        import numpy

        if len(array.shape) != len(self.shape) or any(
            isinstance(size, int) and size != given for size, given in zip(self.shape, array.shape)
        ):
            raise InvalidInput("it has the shape %s; %s is asked for" % (list(array.shape), shown(self.shape)))
        if self.dtype == "object":
            if array.dtype.kind == "U":
                array = array.astype("object")
            if not all(type(part) is str for part in array.reshape(-1)):
                raise InvalidInput("expected strings")
            return array
        wanted, kind = numpy.dtype(self.dtype), array.dtype.kind
        if array.size == 0:
            return array.astype(wanted)
        if (kind == "b") != (wanted.kind == "b") or kind not in "biuf":
            raise InvalidInput("expected %s" % _KINDS[wanted.kind])
        if wanted.kind in "iu":
            about = numpy.iinfo(wanted)
            if kind == "f" and not (array == numpy.floor(array)).all():
                raise InvalidInput("expected integers")
            if kind == "f" and abs(array).max() > 2**53:
                raise InvalidInput("a number is too large to be an integer to the last digit")
            if not (about.min <= array.min() and array.max() <= about.max):
                raise InvalidInput("a number is beyond the range of %s" % self.dtype)
        return array.astype(wanted)

    def schema(self, defs):
        return {"anyOf": [nested(self.shape, self.dtype, False, shown(self.shape)), _file_schema(defs)]}


class Result(Decoder):
    """One output of a model; nothing is decoded."""

    def __init__(self, element, shape):
        self._element = element
        self._shape = tuple(shape)

    def schema(self, defs):
        if self._element in ELEMENTS:
            return nested(self._shape, ELEMENTS[self._element], True)
        # Classifiers made from scikit-learn: seq(map(int64,tensor(float))), an object of scores for each row.
        return {"type": "array"} if self._element.startswith("seq(") else {}


_KINDS = {"b": "booleans", "i": "integers", "u": "integers", "f": "numbers"}


def nested(shape, dtype, outward, description=None):
    """The schema of nested arrays. Sizes that the model gives are asked for inward; outward they are what they are."""
    if len(shape) > _DEEPEST_SCHEMA:
        return {"type": "array"}
    schema = _element(dtype, outward)
    for size in reversed(shape):
        schema = {"type": "array", "items": schema}
        if isinstance(size, int) and not outward:
            schema.update(minItems=size, maxItems=size)
    return dict(schema, description="%s %s" % (spoken(dtype), description)) if description else schema


def _element(dtype, outward):
    if dtype == "object":
        return {"type": "string"}
    if dtype == "bool":
        return {"type": "boolean"}
    if dtype.startswith("float"):
        return Float().schema(None) if outward else {"type": "number"}
    return {"type": "integer"}


def spoken(dtype):
    return "string" if dtype == "object" else dtype


def shown(shape):
    """A shape in words: `[batch, 3, 224, 224]`."""
    return "[%s]" % ", ".join("any" if size is None else str(size)[:40] for size in shape)


def _numbers(value):
    if type(value) is list:
        return [_numbers(part) for part in value] if any(type(part) in (list, str) for part in value) else value
    return NON_FINITE.get(value, value) if type(value) is str else value


def _empty(value, wanted):
    """The shape of nested arrays without an element: what is not there to be seen has the sizes that are asked for."""
    shape = []
    while type(value) is list and len(shape) < len(wanted):
        shape.append(len(value))
        value = value[0] if value else None
    shape += [size if isinstance(size, int) else 0 for size in wanted[len(shape) :]]
    return tuple(shape)


def _npy(file):
    import io

    import numpy

    data = file.read()
    if len(data) > _NPY:
        raise InvalidInput("the file has more than %d MiB" % (_NPY >> 20))
    try:
        return numpy.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError, SyntaxError) as error:
        raise InvalidInput("the file is no array in numpy's format (.npy): %s" % str(error)[:200]) from None
