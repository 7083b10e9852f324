"""Python values on their way out (CONTRACT.md, "Python values over JSON"), by what they are, not by the annotation."""

import os

from . import jsontext
from .errors import InvalidOutput
from .fields import alias_of
from .files import base64_encode
from .foreign import FOREIGN
from .media import content_type_of
from .standard import duration

#: Deeper values are refused: most readers of JSON have such a bound, and circles end here too.
MAX_DEPTH = 200
_PLAIN = frozenset((type(None), bool, int, float, str))
_STRING = frozenset((str,))


def to_json(value, by_repr=False):
    """The JSON text in UTF-8 of a value. Raises InvalidOutput naming the type that has no JSON form.

    `by_repr`: objects of such types are the literal that their `repr()` is, where it is one (ADR 0024).
    """
    if is_plain(value):
        try:
            return jsontext.write(value)
        except ValueError:  # NaN or an infinity is in it
            pass
    return jsontext.write(_Simplifier(True, by_repr).value(value))


def is_plain(value, depth=0):
    """Whether json's C encoder may have the value as it is: exact types only, string keys, no circles."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is dict:
        if not _STRING.issuperset(map(type, value)):
            return False
        parts = value.values()
    elif kind is list or kind is tuple:
        parts = value
    else:
        return False
    if _PLAIN.issuperset(map(type, parts)):
        return True
    # A wide circle would take forever to reach the full depth here; simplify() finds circles at once.
    return depth < 20 and all(is_plain(part, depth + 1) for part in parts)


def simplify(value, files=True):
    """The same value in what JSON has. `files`: Paths of files in the work folder become file objects."""
    return _Simplifier(files).value(value)


class _Simplifier:
    """One walk over a value."""

    def __init__(self, files, by_repr=False):
        self.files = files
        self.by_repr = by_repr
        self._path = set()

    def value(self, value):
        kind = type(value)
        if kind is float:
            return value if value - value == 0 else _non_finite(value)
        if kind in _PLAIN:
            return value
        handler = _handlers.get(kind)
        if handler is None:
            handler = _handlers[kind] = _find(kind)
        if id(value) in self._path:
            raise InvalidOutput("the result contains itself (a circular %s)" % name_of(kind))
        if len(self._path) >= MAX_DEPTH:
            raise InvalidOutput("the result is nested more than %d deep (at a %s)" % (MAX_DEPTH, name_of(kind)))
        self._path.add(id(value))
        result = handler(self, value)
        self._path.discard(id(value))
        return result

    def items(self, values):
        return [self.value(value) for value in values]

    def set(self, values):
        """Sorted where the values can be, else by their JSON text: the order never depends on the hash seed."""
        # Sets compare by inclusion, which is no order; and NaN has none.
        if not any(isinstance(value, (set, frozenset)) or value != value for value in values):
            try:
                return self.items(sorted(values))
            except TypeError:
                pass
        return sorted(self.items(values), key=jsontext.write)

    def mapping(self, pairs):
        """An object; keys other than strings as their JSON text; an array of pairs where that isn't possible."""
        pairs = [(key if type(key) is str else self.value(key), self.value(value)) for key, value in pairs]
        result = {}
        for key, value in pairs:
            if isinstance(key, (list, dict)):
                return [list(pair) for pair in pairs]
            result[key if isinstance(key, str) else jsontext.write(key).decode()] = value
        # Two keys with one text, such as 1 and "1": as an object one would be lost.
        return result if len(result) == len(pairs) else [list(pair) for pair in pairs]

    def path(self, value):
        file = result_file(value) if self.files else None
        if file is None:
            return _fspath(value)
        with open(file, "rb") as source:
            data = source.read()
        return {
            "name": os.path.basename(value),
            "type": content_type_of(os.path.basename(value)),
            "size": len(data),
            "base64": base64_encode(data),
        }


def _fspath(value):
    text = os.fspath(value)
    return text if isinstance(text, str) else os.fsdecode(text)


def result_file(value):
    """The real path of a Path that names a file inside the work folder, else None."""
    folder, real = os.path.realpath(os.getcwd()), os.path.realpath(os.fspath(value))
    inside = real.startswith(folder if folder.endswith(os.sep) else folder + os.sep)
    return real if inside and os.path.isfile(real) else None


def name_of(kind):
    """A type's name as its users write it."""
    module = kind.__module__
    return kind.__qualname__ if module in ("builtins", "__main__") else "%s.%s" % (module, kind.__qualname__)


def _non_finite(value):
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _record(s, value):
    """dataclass: ClassVar and InitVar pseudo-fields are not values."""
    fields = type(value).__dataclass_fields__.values()
    names = [field.name for field in fields if getattr(field._field_type, "name", "_FIELD") == "_FIELD"]
    return {name: s.value(getattr(value, name)) for name in names if hasattr(value, name)}


def _named_tuple(s, value):
    return {name: s.value(part) for name, part in zip(value._fields, value)}


def _attrs(s, value):
    # A private field goes by the name that the constructor has for it.
    return {alias_of(field): s.value(getattr(value, field.name)) for field in type(value).__attrs_attrs__}


def _pydantic(s, value):
    if hasattr(value, "model_dump"):
        return s.value(value.model_dump())
    dumped = value.dict()
    return s.value(dumped["__root__"] if set(dumped) == {"__root__"} else dumped)


def _bytes(s, value):
    return base64_encode(bytes(value))


def _stream(s, value):
    if hasattr(value, "getvalue"):
        return s.value(value.getvalue())
    raise InvalidOutput("the result holds an open file, which has no JSON form; return its Path or its content")


def _vars(s, value):
    return s.mapping(vars(value).items())


def _string(s, value):
    return str(value)


#: (top package, class) -> how a value of it, or of a class derived from it, is written.
_BY_NAME = {
    ("builtins", "int"): lambda s, value: int.__int__(value),
    ("builtins", "float"): lambda s, value: s.value(float.__float__(value)),
    ("builtins", "str"): lambda s, value: str.__str__(value),
    ("builtins", "list"): lambda s, value: s.items(value),
    ("builtins", "tuple"): lambda s, value: s.items(value),
    ("builtins", "dict"): lambda s, value: s.mapping(value.items()),
    ("builtins", "mappingproxy"): lambda s, value: s.mapping(value.items()),
    ("builtins", "set"): lambda s, value: s.set(value),
    ("builtins", "frozenset"): lambda s, value: s.set(value),
    ("builtins", "bytes"): _bytes,
    ("builtins", "bytearray"): _bytes,
    ("builtins", "memoryview"): _bytes,
    ("builtins", "complex"): lambda s, value: {"real": s.value(value.real), "imag": s.value(value.imag)},
    ("builtins", "range"): lambda s, value: list(value),
    ("builtins", "dict_keys"): lambda s, value: s.items(value),
    ("builtins", "dict_values"): lambda s, value: s.items(value),
    ("builtins", "dict_items"): lambda s, value: s.items(value),
    ("collections", "deque"): lambda s, value: s.items(value),
    ("collections", "UserString"): _string,
    ("collections", "Mapping"): lambda s, value: s.mapping(value.items()),
    ("collections", "Set"): lambda s, value: s.set(value),
    ("collections", "Sequence"): lambda s, value: s.items(value),
    ("array", "array"): lambda s, value: s.items(value.tolist()),
    ("datetime", "datetime"): lambda s, value: value.isoformat(),
    ("datetime", "date"): lambda s, value: value.isoformat(),
    ("datetime", "time"): lambda s, value: value.isoformat(),
    ("datetime", "timedelta"): lambda s, value: duration(value),
    ("decimal", "Decimal"): _string,
    ("fractions", "Fraction"): _string,
    ("uuid", "UUID"): _string,
    ("pathlib", "PurePath"): lambda s, value: s.path(value),
    ("posix", "DirEntry"): lambda s, value: s.path(value),
    ("re", "Pattern"): lambda s, value: s.value(value.pattern),
    ("ipaddress", "_IPAddressBase"): _string,
    ("zoneinfo", "ZoneInfo"): _string,
    ("io", "IOBase"): _stream,
    ("_io", "_IOBase"): _stream,
    ("types", "SimpleNamespace"): _vars,
    ("argparse", "Namespace"): _vars,
    ("sqlite3", "Row"): lambda s, value: s.mapping(zip(value.keys(), value)),
}
_BY_NAME.update(FOREIGN)


def _find(kind):
    """How values of a type are written; the nearest class in its MRO that is known decides."""
    if hasattr(kind, "_member_map_"):  # Enum and Flag, also those that are int or str besides
        return lambda s, value: s.value(value.value)
    if hasattr(kind, "__dataclass_fields__"):
        return _record
    if hasattr(kind, "__attrs_attrs__"):
        return _attrs
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _named_tuple
    for base in kind.__mro__:
        package = base.__module__.partition(".")[0]
        found = _BY_NAME.get((package, base.__qualname__))
        if found is not None:
            return found
        if package == "pydantic" and base.__name__ == "BaseModel":
            return _pydantic
    if hasattr(kind, "__next__"):
        return lambda s, value: s.items(value)
    return _refuse


def _refuse(s, value):
    if s.by_repr and type(value).__repr__ is not object.__repr__:
        from .examples import NotLiteral, literal

        try:
            return s.value(literal(repr(value)))
        except NotLiteral:
            pass
    kind = name_of(type(value))
    raise InvalidOutput(
        "a %s has no JSON form; return plain values (numbers, strings, lists, dicts, dataclasses) instead" % kind
    )


_handlers = {}
