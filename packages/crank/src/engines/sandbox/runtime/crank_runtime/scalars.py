"""Decoders for what JSON has itself: null, booleans, numbers, strings, and choices among given values."""

from .decoder import Decoder, expected
from .errors import InvalidInput
from .jsontext import FloatText
from .schema import showable

INFINITY = float("inf")
NON_FINITE = {"NaN": float("nan"), "Infinity": INFINITY, "-Infinity": -INFINITY}
_ALL = frozenset((type(None), bool, int, float, str, list, dict))


class AnyDecoder(Decoder):
    """Any JSON value, as it is. A file handed over beside the JSON becomes a Path."""

    passes = _ALL

    def decode(self, value):
        return value if type(value) in _ALL or type(value) is FloatText else value.place()

    def schema(self, defs):
        return {}


class Null(Decoder):
    scalar = True
    passes = frozenset((type(None),))

    def decode(self, value):
        if value is not None:
            raise expected("null", value)
        return None

    def schema(self, defs):
        return {"type": "null"}


class Bool(Decoder):
    scalar = True
    passes = frozenset((bool,))

    def decode(self, value):
        if type(value) is not bool:
            raise expected("a boolean", value)
        return value

    def schema(self, defs):
        return {"type": "boolean"}


class Int(Decoder):
    """An integer; 1.0 is one too (JSON Schema 2020-12, 4.2.3), a boolean is not."""

    scalar = True
    passes = frozenset((int,))

    def decode(self, value):
        if type(value) is int:
            return value
        if isinstance(value, float) and value.is_integer():
            return int(value)
        raise expected("an integer", value)

    def schema(self, defs):
        return {"type": "integer"}


class Float(Decoder):
    """A number. Integers stay integers, as for any Python caller (PEP 484): so 2**53 + 1 keeps its digits."""

    scalar = True
    passes = frozenset((int,))

    def decode(self, value):
        kind = type(value)
        if kind is int:
            return value
        if isinstance(value, float):
            if value in (INFINITY, -INFINITY):
                raise InvalidInput("the number is beyond the range of a double")
            return float(value)
        if kind is str and value in NON_FINITE:
            return NON_FINITE[value]
        raise expected('a number (or "NaN", "Infinity", "-Infinity")', value)

    def schema(self, defs):
        return {"anyOf": [{"type": "number"}, {"enum": list(NON_FINITE)}]}


class Number(Float):
    """`numbers.Number` and its kin, SupportsFloat and the like: finite or not."""


class Str(Decoder):
    scalar = True
    passes = frozenset((str,))

    def decode(self, value):
        if type(value) is not str:
            raise expected("a string", value)
        return value

    def schema(self, defs):
        return {"type": "string"}


class Complex(Decoder):
    """`{"real", "imag"}`, or a number."""

    def decode(self, value):
        if type(value) is int or isinstance(value, float):
            return complex(value)
        if type(value) is not dict:
            raise expected('an object {"real", "imag"} or a number', value)
        unknown = set(value) - {"real", "imag"}
        if unknown or len(value) != 2:
            raise InvalidInput('expected exactly the members "real" and "imag"')
        parts = []
        for name in ("real", "imag"):
            try:
                parts.append(Float().decode(value[name]))
            except InvalidInput as error:
                raise error.within(name)
        return complex(*parts)

    def schema(self, defs):
        number = Float().schema(defs)
        parts = {
            "type": "object",
            "properties": {"real": number, "imag": number},
            "required": ["real", "imag"],
            "additionalProperties": False,
        }
        return {"anyOf": [parts, number]}


class Choice(Decoder):
    """One of some values: Literal and Enum. `options`: pairs of JSON value and Python value."""

    scalar = True

    def __init__(self, options, name=None, description=None):
        self._options = options
        self._name = name
        self._description = description

    def decode(self, value):
        for json_value, python_value in self._options:
            # True == 1 in Python, not in JSON; 1.0 == 1 in both.
            if json_value == value and isinstance(json_value, bool) == isinstance(value, bool):
                return python_value
        raise InvalidInput("expected one of %s" % ", ".join(_show(option) for option, _ in self._options))

    def _body(self):
        shown = [option for option, _ in self._options]
        schema = {"enum": shown} if all(map(showable, shown)) else {}
        if self._name:
            schema["title"] = self._name
        if self._description:
            schema["description"] = self._description
        return schema

    def schema(self, defs):
        return defs.ref(id(self), self._name, self._body) if self._name else self._body()


def _show(value):
    text = '"%s"' % value if isinstance(value, str) else "null" if value is None else str(value)
    return {"True": "true", "False": "false"}.get(text, text)


class FlagDecoder(Decoder):
    """An enum.Flag: the integer that its bits make."""

    scalar = True

    def __init__(self, flag, description):
        self._flag = flag
        self._description = description

    def decode(self, value):
        number = Int().decode(value)
        try:
            made = self._flag(number)
        except ValueError:
            made = None
        # What drops unknown bits (the boundary CONFORM, early releases of Python 3.11) would change the caller's value.
        if made is None or 0 <= number != made.value:
            raise InvalidInput("%d is no combination of %s" % (number, self._flag.__name__))
        return made

    def schema(self, defs):
        members = ", ".join("%s = %d" % (name, member.value) for name, member in self._flag.__members__.items())
        note = "Bits: %s." % members
        return {"type": "integer", "description": "%s %s" % (self._description, note) if self._description else note}
