"""Decoders for numpy and pandas types. Nothing is imported: who names the type has loaded it."""

import sys

from .decoder import Decoder, expected
from .errors import InvalidInput
from .scalars import NON_FINITE, Bool, Float, Int, Str


class NdArray(Decoder):
    """numpy.ndarray: nested arrays."""

    def __init__(self, dtype=None):
        self._dtype = dtype

    def decode(self, value):
        if type(value) is not list:
            raise expected("an array", value)
        try:
            return sys.modules["numpy"].array(_numbers(value), dtype=self._dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidInput("numpy takes no such array: %s" % error) from None

    def schema(self, defs):
        return {"type": ["array", "number"]} if defs.output else {"type": "array"}


def _numbers(value):
    """Nested arrays with "NaN" and its kin as numbers."""
    if type(value) is list:
        return [_numbers(part) for part in value]
    return NON_FINITE.get(value, value) if type(value) is str else value


class NumpyScalar(Decoder):
    scalar = True

    def __init__(self, scalar_type):
        numpy = sys.modules["numpy"]
        self._type = scalar_type
        bases = ((numpy.bool_, Bool), (numpy.integer, Int), (numpy.str_, Str), (numpy.generic, Float))
        self._base = next(base for kind, base in bases if issubclass(scalar_type, kind))()

    def decode(self, value):
        plain = self._base.decode(value)
        try:
            return self._type(plain)
        except (OverflowError, ValueError, TypeError) as error:
            raise InvalidInput(str(error)) from None

    def schema(self, defs):
        return self._base.schema(defs)


class Frame(Decoder):
    """pandas.DataFrame (array of records, or object of columns) and pandas.Series (array, or object by label)."""

    def __init__(self, frame, series):
        self._frame = frame
        self._series = series

    def decode(self, value):
        if type(value) not in (list, dict):
            raise expected("an array or an object", value)
        if not self._series and type(value) is list:
            for at, row in enumerate(value):
                if type(row) is not dict:
                    raise expected("an object", row).within(at)
        try:
            return self._frame(value)
        except (TypeError, ValueError) as error:
            raise InvalidInput(str(error)) from None

    def schema(self, defs):
        if self._series:
            return {"type": ["array", "object"]}
        records = {"type": "array", "items": {"type": "object"}}
        return records if defs.output else {"anyOf": [records, {"type": "object"}]}


def array_decoder(cls, args, env):
    """The decoder for a class of numpy, pandas or polars, or None. `env`: TypeVar -> annotation."""
    package = cls.__module__.partition(".")[0]
    if package == "numpy" and "numpy" in sys.modules:
        numpy = sys.modules["numpy"]
        if cls is numpy.ndarray:
            # ndarray[shape, dtype[scalar]]; an abstract scalar (numpy.number) or a TypeVar leaves the choice to numpy
            inner = getattr(args[1], "__args__", ()) if len(args) == 2 else ()
            scalar = env.get(inner[0], inner[0]) if inner else None
            concrete = isinstance(scalar, type) and scalar in numpy.sctypeDict.values()
            return NdArray(scalar if concrete else None)
        if issubclass(cls, numpy.generic) and cls in numpy.sctypeDict.values():
            return NumpyScalar(cls)
    if package in ("pandas", "polars") and cls.__name__ in ("DataFrame", "Series"):
        return Frame(cls, series=cls.__name__ == "Series")
    return None
