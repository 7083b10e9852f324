"""What the examples in a docstring show of a parameter: ADR 0014.

An annotation says what a parameter is meant to take. The examples (doctest's `>>>`) say what it does take, and what the
function does about the rest. Both are the author's word, so both are taken.
"""

from .containers import Array, Mapping, Union
from .constraints import Constrained
from .decoder import Decoder, every, expected
from .errors import InvalidInput
from .files import Bytes, takes_files
from .records import Adapted, Pydantic
from .scalars import AnyDecoder, Bool, Choice, Complex, Float, Int, Null, Str
from .signature import KEYWORD, NORMAL, POSITIONAL, VAR_KEYWORD, VAR_POSITIONAL, Hint
from .values import simplify

_MOST_ALONE = 8  # types shown of one parameter
#: Where the author has said which values of a type are right, examples of wrong ones change nothing.
_DECIDED = (Choice, Constrained, Pydantic, Adapted)


class Shown(Decoder):
    """A type that examples show. `raises`: the exceptions that they end with, where all of them do."""

    def __init__(self, inner, raises):
        self._inner = inner
        self._raises = raises
        self.files = inner.files
        self.scalar = inner.scalar

    def children(self):
        return (self._inner,)

    def decode(self, value):
        return self._inner.decode(value)

    def schema(self, defs):
        schema = self._inner.schema(defs)
        note = "As an example in a docstring shows"
        note += ": it raises %s." % " or ".join(self._raises) if self._raises else "."
        # A schema of alternatives would melt into the one around it, and the remark with it.
        return dict(schema, description=note) if schema else schema


class Both(Decoder):
    """What the annotation takes, in the form that examples show where they show another; and what they show besides."""

    def __init__(self, declared, forms, more):
        self._declared = declared
        self._forms = forms
        self._more = more
        self.scalar = all(member.scalar for member in (declared, *forms, *more))

    def children(self):
        return (self._declared, *self._forms, *self._more)

    def decode(self, value):
        try:
            made = self._declared.decode(value)
        except InvalidInput as refused:
            return _first(self._more, value, refused)
        return _first(self._forms, value, None, made)

    def schema(self, defs):
        schemas = []
        for member in (self._declared, *self._more):
            schema = member.schema(defs)
            if schema not in schemas:
                schemas.append(schema)
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _first(decoders, value, refused, made=None):
    for decoder in decoders:
        try:
            return decoder.decode(value)
        except InvalidInput:
            continue
    if refused is not None:
        raise refused
    return made


class Real(Float):
    """A number as JSON has it."""

    def decode(self, value):
        if type(value) is str:
            raise expected("a number", value)
        return super().decode(value)

    def schema(self, defs):
        return {"type": "number"}


def arguments(found, kinds, skipped):
    """What the examples give for each parameter: name -> [(value, exception's name or None)]. `kinds`: (name, kind)."""
    given = {}
    names = [name for name, kind in kinds if kind in (POSITIONAL, NORMAL) and name not in skipped]
    more = next((name for name, kind in kinds if kind == VAR_POSITIONAL), None)
    rest = next((name for name, kind in kinds if kind == VAR_KEYWORD), None)
    known = {name for name, kind in kinds if kind in (NORMAL, KEYWORD)}
    for example in found:
        if (len(example.positional) > len(names) and more is None) or not (rest or known.issuperset(example.named)):
            continue
        pairs = [(names[at] if at < len(names) else more, value) for at, value in enumerate(example.positional)]
        pairs += [(name if name in known else rest, value) for name, value in example.named.items()]
        for name, value in pairs:
            given.setdefault(name, []).append((value, example.raises))
    return given


def widened(declared, given, warn):
    """The decoder for a parameter with what its examples show besides. `given`: (value, exception's name or None)."""
    if takes_files(declared) or any(isinstance(part, _DECIDED) for part in every(declared)):
        return declared
    outcomes = {"refused": [], "distorted": [], "faithful": []}
    for value, raised in given:
        outcomes[_tried(declared, value)].append((value, raised))
    refused, anything = outcomes["refused"], isinstance(declared, AnyDecoder)
    forms = _shown(outcomes["distorted"], outcomes["faithful"], anything)
    more = _shown(refused, (), False)
    _tell(refused, more, warn)
    if anything:
        return Hint(forms[0] if len(forms) == 1 else Union(forms)) if forms else declared
    return Both(declared, forms, more) if forms or more else declared


def alone(given):
    """The decoder for what the examples show of a parameter whose annotation JSON cannot carry; None where there is none.

    At least one of them must state a result: those that end in an exception show what it does not take.
    """
    if all(raised is not None for _, raised in given):
        return None
    types = _shown(given, (), False)
    if not types:
        return None
    return types[0] if len(types) == 1 else Union(types)


def widened_result(declared, found, warn):
    """The same for what a function gives, where its examples state a result that its annotation excludes."""
    given = [(example.result[0], None) for example in found if example.result]
    if takes_files(declared) or any(isinstance(part, _DECIDED) for part in every(declared)):
        return declared
    refused = [(value, None) for value, _ in given if _tried(declared, value) == "refused"]
    more = _shown(refused, (), False)
    _tell(refused, more, warn)
    return Both(declared, [], more) if more else declared


def _tell(refused, more, warn):
    stated = [value for value, raised in refused if raised is None]
    if stated and more:
        shown = repr(stated[0])
        shown = shown if len(shown) <= 60 else shown[:59] + "…"
        message = "an example in a docstring has %s, which the annotation excludes; it is taken all the same" % shown
        warn(message, "Widen the annotation, or mend the example.")


def _tried(decoder, value, exact=False):
    """Whether a decoder takes the JSON of a value, and gives the value back."""
    try:
        decoded = decoder.decode(simplify(value, files=False))
    except InvalidInput:
        return "refused"
    except Exception:  # the script's own constructor, or what JSON cannot carry: nothing is learnt from it
        return "faithful"
    return "faithful" if _same(decoded, value, exact) else "distorted"


def _same(decoded, value, exact):
    """Equal in type, all the way down. A tuple where a list was shown is as good, unless `exact`."""
    kind = type(decoded)
    if kind is not type(value) and (exact or kind is not tuple or type(value) is not list):
        # An object of a class that isn't JSON's: the annotation meant it so.
        return kind not in _PLAIN
    if kind in (list, tuple):
        return len(decoded) == len(value) and all(_same(a, b, exact) for a, b in zip(decoded, value))
    if kind is dict:  # its order is that of the JSON
        pairs = zip(decoded.items(), value.items())
        return len(decoded) == len(value) and all(_same(a, b, exact) for one, two in pairs for a, b in zip(one, two))
    return decoded == value or decoded != decoded


_PLAIN = frozenset((type(None), bool, int, float, str, list, tuple, dict, set, frozenset, bytes, complex))


def _shown(given, faithful, anything):
    """The types of some values; none where they would not carry them, or change what went well before."""
    if not given:
        return []
    together = _shown_as_one(given, faithful, anything)
    if together:
        return together
    # What has no type in common may have one each: `{"a": 1}` and `{0.5: 1}`.
    pairs = sorted(given[:_MOST_ALONE] if len(given) > 1 else [], key=_has_text_keys)
    return [shown for pair in pairs for shown in _shown_as_one([pair], faithful, anything)]


def _has_text_keys(pair):
    """Whether any key would do, so that it must be tried last."""
    return isinstance(pair[0], dict) and any(isinstance(key, str) for key in pair[0])


def _shown_as_one(given, faithful, anything):
    inner = _type([value for value, _ in given])
    if inner is None or (takes_files(inner) and not anything):
        return []  # base64 can hardly be told from other strings
    if any(_tried(inner, value) != "faithful" for value, _ in given):
        return []
    if any(_tried(inner, value, exact=True) == "distorted" for value, _ in faithful):
        return []
    if takes_files(inner) and any(isinstance(value, str) for value, _ in faithful):
        return []
    raised = [raised for _, raised in given]
    return [Shown(inner, [] if None in raised else list(dict.fromkeys(raised)))]


_SCALARS = {type(None): Null, bool: Bool, int: Int, float: Real, str: Str, complex: Complex, bytes: Bytes}
_ARRAYS = {list: None, tuple: tuple, set: set, frozenset: frozenset}


def _type(values, depth=0):
    """The decoder for values like these; None where there is none."""
    kinds = {type(value) for value in values}
    if depth > 12 or not kinds:
        return AnyDecoder()
    members = [_SCALARS[kind]() for kind in _SCALARS if kind in kinds and not (kind is int and float in kinds)]
    if any(type(value) is float and value - value != 0 for value in values):
        members = [Float() if isinstance(member, Real) else member for member in members]
    for kind, make in _ARRAYS.items():
        if kind in kinds and not (kind is tuple and list in kinds):
            alike = (kind, tuple) if kind is list else (kind,)
            items = [part for value in values if type(value) in alike for part in value]
            inner = _type(items, depth + 1)
            if inner is None:
                return None
            members.append(Array(inner, make))
    if dict in kinds:
        dicts = [value for value in values if type(value) is dict]
        key = _type([key for value in dicts for key in value], depth + 1)
        value = _type([part for value in dicts for part in value.values()], depth + 1)
        if key is None or value is None:
            return None
        members.append(Mapping(key, value))
    if not members:
        return None
    return members[0] if len(members) == 1 else Union(members)

