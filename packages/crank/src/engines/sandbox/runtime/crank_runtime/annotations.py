"""From annotations to decoders: PEP 484, 585, 593, 604, 655, 695, forward references, and the classes that we know."""

import sys

from . import containers as c
from .arrays import array_decoder
from .constraints import constrained
from .decoder import Decoder
from .docstrings import summary
from .errors import InvalidOutput
from .fields import fields_of, form_name, requiredness
from .files import FILES, Bytes
from .generics import met_by_json, substituted
from .records import Adapted, Field, Pydantic, Record
from .resolve import Unresolvable, annotations_of, evaluate
from .scalars import AnyDecoder, Bool, Choice, Complex, FlagDecoder, Float, Int, Null, Number, Str
from .standard import STANDARD
from .values import simplify

_ANY = AnyDecoder()
_BUILTIN = {
    None: Null(), type(None): Null(), bool: Bool(), int: Int(), float: Float(), str: Str(), complex: Complex(),
    object: _ANY, range: c.Range(), bytes: Bytes(), bytearray: Bytes(bytearray), memoryview: Bytes(memoryview),
}  # fmt: skip
#: Of typing, collections.abc, collections, numbers and builtins, by name.
_SPECIAL = {
    "Any": _ANY, "LiteralString": Str(), "Text": Str(), "ByteString": Bytes(), "Buffer": Bytes(), "Hashable": _ANY,
    "Sized": _ANY, "Never": _ANY, "NoReturn": _ANY, "SupportsInt": Number(), "SupportsFloat": Number(),
    "SupportsIndex": Int(), "SupportsAbs": Number(), "SupportsRound": Number(), "SupportsComplex": Complex(),
    "Number": Number(), "Complex": Complex(), "Real": Number(), "Rational": Number(), "Integral": Int(),
    "Generic": _ANY, "Protocol": _ANY, "Self": _ANY,
}  # fmt: skip
_ARRAYS = {
    "list": None, "List": None, "MutableSequence": None, "set": set, "Set": set, "MutableSet": set,
    "AbstractSet": set, "frozenset": frozenset, "FrozenSet": frozenset, "Iterator": iter, "Generator": iter,
    "AsyncIterator": iter, "AsyncGenerator": iter, "AsyncIterable": iter,
    "Reversible": None, "ValuesView": None, "KeysView": None,
}  # fmt: skip
_TEXT_ARRAYS = frozenset(("Sequence", "Iterable", "Collection", "Container"))
_MAPPINGS = frozenset(("dict", "Dict", "Mapping", "MutableMapping"))
_TYPING = frozenset(
    ("typing", "typing_extensions", "_typing", "collections", "_collections_abc", "builtins", "types", "numbers")
    + ("contextlib", "abc", "array")
)
_WRAPPERS = frozenset(("Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "InitVar", "Unpack"))


class Inexpressible(Exception):
    """A type that nothing in JSON can stand for: a function, a class, an object of the script's own."""


class _Deferred(Decoder):
    """A type within its own definition."""

    def __init__(self, name):
        self._name = name
        self.target = None
        self.used = False

    def decode(self, value):
        return self.target.decode(value)

    def children(self):
        return (self.target,)

    def schema(self, defs):
        return defs.ref(id(self), self._name, lambda: self.target.schema(defs))


class Compiler:
    """Compiles the annotations of one module. `warn(message)` is told what had to become "any"."""

    def __init__(self, warn):
        self.warn = warn
        #: What the module's docstrings show (examples.Examples).
        self.examples = None
        self._named = {}
        self._open = {}
        self._making = []

    def decoder(self, annotation, scope, env=None):
        """The decoder for an annotation. `scope`: (globals, local names) for strings; `env`: TypeVar -> annotation.

        Raises Inexpressible, Unresolvable.
        """
        env = env or {}
        if isinstance(annotation, str):
            return self._forward(annotation, scope, env)
        try:
            if annotation in _BUILTIN:
                return _BUILTIN[annotation]
        except TypeError:  # unhashable, such as the metadata of an Annotated
            pass
        if hasattr(annotation, "__forward_arg__"):
            module = getattr(annotation, "__forward_module__", None)
            names = scope if module is None else (vars(sys.modules.get(module, module)), {})
            return self._forward(annotation.__forward_arg__, names, env)
        if hasattr(annotation, "__metadata__"):
            return self._annotated(annotation, scope, env)
        if hasattr(annotation, "__supertype__"):
            return self.decoder(annotation.__supertype__, scope, env)
        kind = type(annotation).__name__
        if kind in ("TypeVarTuple", "ParamSpec", "ParamSpecArgs", "ParamSpecKwargs"):
            return _ANY
        if kind == "InitVar":
            return self.decoder(annotation.type, scope, env)
        if kind == "TypeVar":
            return self._variable(annotation, scope, env)
        if kind == "TypeAliasType":
            return self._recursive(annotation, annotation.__name__, lambda: annotation.__value__, scope, env)
        return self._applied(annotation, kind, scope, env)

    def _applied(self, annotation, kind, scope, env):
        """A class or special form, perhaps with arguments."""
        origin = getattr(annotation, "__origin__", None)
        args = getattr(annotation, "__args__", None) or ()
        if kind == "UnionType" or (origin is not None and form_name(origin) in ("Union", "Optional")):
            return self._union(args, scope, env)
        if origin is None:
            origin = annotation
        if type(origin).__name__ == "TypeAliasType":
            inner = dict(zip(origin.__type_params__, args))
            return self._recursive(annotation, origin.__name__, lambda: origin.__value__, scope, _merged(env, inner))
        if isinstance(origin, type) and not _is_typing(origin):
            return self._class(origin, args, scope, env)
        name = form_name(origin)
        if name == "Literal":
            return Choice(_options(args))
        if name in _WRAPPERS and args:
            return self.decoder(args[0], scope, env)
        if name in ("Final", "ClassVar"):
            return _ANY
        return self._special(annotation, name, args, scope, env)

    def _special(self, annotation, name, args, scope, env):
        def arg(index):
            return self.decoder(args[index], scope, env) if index < len(args) else _ANY

        if name in ("tuple", "Tuple"):
            return self._tuple(annotation, args, scope, env)
        if name in _ARRAYS:
            return c.Array(arg(0), _ARRAYS[name], unique=_ARRAYS[name] in (set, frozenset))
        if name in _TEXT_ARRAYS:
            item = arg(0)
            return c.Array(item, text=isinstance(item, (Str, AnyDecoder)))
        if name in _MAPPINGS:
            return c.Mapping(arg(0), arg(1))
        if name in ("deque", "Deque"):
            return c.Array(arg(0), sys.modules["collections"].deque)
        if name in ("defaultdict", "DefaultDict"):
            factory = args[1] if len(args) > 1 else None
            factory = getattr(factory, "__origin__", factory)
            factory = factory if factory in (int, float, str, bool, list, dict, set, tuple) else None
            return c.Mapping(arg(0), arg(1), lambda items: sys.modules["collections"].defaultdict(factory, items))
        if name == "OrderedDict":
            return c.Mapping(arg(0), arg(1), sys.modules["collections"].OrderedDict)
        if name == "Counter":
            return c.Mapping(arg(0), Int(), sys.modules["collections"].Counter)
        if name == "ChainMap":
            return c.Mapping(arg(0), arg(1), sys.modules["collections"].ChainMap)
        if name == "ItemsView":
            return c.Array(c.Tuple((arg(0), arg(1))))
        if name in ("IO", "BinaryIO", "TextIO"):
            text = name == "TextIO" or (args and args[0] is str)
            return FILES[("typing", "TextIO" if text else "BinaryIO")]
        if name == "array":
            raise Inexpressible("takes an array.array, which JSON cannot carry")
        if name in _SPECIAL:
            return _SPECIAL[name]
        if name in ("Awaitable", "Coroutine", "ContextManager", "AsyncContextManager", "AbstractContextManager"):
            return self.decoder(args[-1] if name == "Coroutine" else args[0], scope, env) if args else _ANY
        raise Inexpressible("takes a %s, which JSON cannot carry" % _phrase(name))

    def _class(self, cls, args, scope, env):
        key = (cls.__module__.partition(".")[0].lstrip("_"), cls.__qualname__)
        known = STANDARD.get(key) or FILES.get(key)
        if known is not None:
            return known
        if key[0].startswith("pydantic") and hasattr(sys.modules.get("pydantic"), "TypeAdapter"):
            return Adapted(sys.modules["pydantic"].TypeAdapter(cls), self.warn)
        if key[0] in ("numpy", "pandas", "polars"):
            found = array_decoder(cls, args, env)
            if found is not None:
                return found
        if hasattr(cls, "__supertype__"):
            return self.decoder(cls.__supertype__, scope, env)
        parameters = getattr(cls, "__parameters__", None) or getattr(cls, "__type_params__", ())
        # A type that grows with each step, such as Box[List[T]] within Box[T], has to end somewhere.
        args = () if self._making.count(cls) > 2 else tuple(substituted(arg, env) for arg in args)
        inner = _merged(env, dict(zip(parameters, args))) if args else {}
        cache_key = (cls, tuple(map(_hashable, args)))
        if cache_key in self._named:
            return self._named[cache_key]
        found = self._own_class(cls, inner, cache_key)
        if found is None:
            raise Inexpressible("takes an object of the class %s, which JSON cannot carry" % cls.__qualname__)
        self._named[cache_key] = found
        return found

    def _own_class(self, cls, env, cache_key):
        if hasattr(cls, "_member_map_"):
            return _enum(cls)
        name = cls.__name__ + "".join("_" + form_name(arg) for arg in cache_key[1] if form_name(arg))
        if hasattr(cls, "model_validate") or hasattr(cls, "parse_obj"):
            return Pydantic(cls, self.warn)
        if issubclass(cls, (str, int, float)) and cls.__init__ in (str.__init__, int.__init__, float.__init__):
            return _Subclass(cls, next(_BUILTIN[base] for base in (str, int, float) if issubclass(cls, base)))
        if getattr(cls, "_is_protocol", False):
            return _ANY if met_by_json(cls) else None
        fields = fields_of(cls)
        if fields is None:
            return None
        plain = hasattr(cls, "__total__")  # a TypedDict is a dict, with the members that are there
        make = (lambda members: members) if plain else (lambda members: cls(**members))
        record = Record(name, _class_description(cls), make, always_present=not plain)
        self._named[cache_key] = record
        self._making.append(cls)
        try:
            record.fields = tuple(self._fields(cls, fields, env))
        except BaseException:
            del self._named[cache_key]
            raise
        finally:
            self._making.pop()
        return record

    def _fields(self, cls, fields, env):
        owners = {}
        for klass in reversed(cls.__mro__):
            module = sys.modules.get(klass.__module__)
            names = dict(vars(klass))
            names.setdefault(klass.__name__, klass)
            scope = (vars(module) if module else {}, names)
            for name, annotation in annotations_of(klass).items():
                owners[name] = (annotation, scope)
        for name, options in fields:
            annotation, scope = owners.get(name, (None, ({}, {})))
            required = options.get("required", True)
            try:
                given, required = requiredness(annotation, scope, required)
                decoder = _ANY if name not in owners else self.decoder(given, scope, env)
            except Unresolvable as error:
                self.warn("the type of %s.%s cannot be resolved (%s); it takes any JSON" % (cls.__name__, name, error))
                decoder = _ANY
            except Inexpressible as error:
                if required:
                    raise Inexpressible("takes %s, whose field %s %s" % (cls.__qualname__, name, error)) from None
                continue
            if options.get("has_default") and options.get("default") is None:
                decoder = nullable(decoder)
            yield Field(
                options.get("alias", name), decoder, required, options.get("description"),
                options.get("default"), options.get("has_default", False), options.get("inward", True),
                options.get("outward", True),
            )  # fmt: skip

    def _tuple(self, annotation, args, scope, env):
        if not args:
            # tuple[()] has no arguments either
            empty = getattr(annotation, "__origin__", None) is tuple and "[()]" in repr(annotation)
            return c.Tuple(()) if empty else c.Array(_ANY, tuple)
        if args == ((),):  # Python 3.9 and 3.10: Tuple[()]
            return c.Tuple(())
        if len(args) == 2 and args[1] is Ellipsis:
            return c.Array(self.decoder(args[0], scope, env), tuple)
        if any(
            "TypeVarTuple" in (type(arg).__name__, type(getattr(arg, "__args__", (0,))[0]).__name__) for arg in args
        ):
            return c.Array(_ANY, tuple)
        return c.Tuple(tuple(self.decoder(arg, scope, env) for arg in args))

    def _union(self, args, scope, env):
        members, refused = [], None
        for arg in args:
            try:
                members.append(self.decoder(arg, scope, env))
            except Inexpressible as error:
                refused = error
        # What is left may be enough: `Union[str, Callable]` takes strings. None alone is not.
        if refused is not None and all(isinstance(member, Null) for member in members):
            raise refused
        return members[0] if len(members) == 1 else c.Union(members)

    def _annotated(self, annotation, scope, env):
        metadata = annotation.__metadata__
        if any(type(extra).__module__.startswith("pydantic.") for extra in metadata) and "pydantic" in sys.modules:
            adapter = getattr(sys.modules["pydantic"], "TypeAdapter", None)
            if adapter is not None:
                try:
                    return Adapted(adapter(annotation), self.warn)
                except Exception as error:  # pydantic refuses the type underneath: ours may do
                    self.warn("pydantic does not take %s (%s)" % (annotation, str(error)[:200]))
        return constrained(self.decoder(annotation.__origin__, scope, env), metadata)

    def _variable(self, variable, scope, env):
        if variable in env:
            return self.decoder(env[variable], scope, {key: value for key, value in env.items() if key is not variable})
        if getattr(variable, "__constraints__", ()):
            return self._union(variable.__constraints__, scope, env)
        bound = getattr(variable, "__bound__", None)
        return _ANY if bound is None else self.decoder(bound, scope, env)

    def _forward(self, text, scope, env):
        def value():
            variables = {variable.__name__: variable for variable in env if hasattr(variable, "__name__")}
            return evaluate(text, scope[0], _merged(scope[1], variables))

        return self._recursive((text, id(scope[0])), text, value, scope, env)

    def _recursive(self, key, name, value, scope, env):
        """An alias that may stand within its own definition, such as `Json = dict[str, "Json"] | ...`."""
        key = (key, tuple((id(variable), id(meaning)) for variable, meaning in env.items()))
        if key in self._open:
            self._open[key].used = True
            return self._open[key]
        if key in self._named:
            return self._named[key]
        deferred = self._open[key] = _Deferred(name)
        try:
            deferred.target = self.decoder(value(), scope, env)
        finally:
            del self._open[key]
        self._named[key] = deferred if deferred.used else deferred.target
        return self._named[key]


class _Subclass(Decoder):
    """A class derived from str, int or float without a constructor of its own."""

    scalar = True

    def __init__(self, cls, base):
        self._cls = cls
        self._base = base

    def decode(self, value):
        return self._cls(self._base.decode(value))

    def schema(self, defs):
        return self._base.schema(defs)


def nullable(decoder):
    """What a default of None adds to a type that doesn't say so: `x: int = None`."""
    try:
        decoder.decode(None)
        return decoder
    except Exception:  # any refusal of null, in whatever way
        return c.optional(decoder)


def _merged(one, other):
    both = dict(one)
    both.update(other)
    return both


def _is_typing(cls):
    known = cls.__module__.partition(".")[0] in _TYPING
    return known and not hasattr(cls, "_fields") and not hasattr(cls, "_member_map_")


def _hashable(value):
    try:
        hash(value)
        return value
    except TypeError:
        return repr(value)


def _phrase(name):
    return {"Callable": "function", "type": "class", "Type": "class"}.get(name, name or "type that has no JSON form")


def _options(values):
    """Pairs of JSON value and Python value for Literal and Enum."""
    pairs = []
    for value in values:
        try:
            pairs.append((simplify(value, files=False), value))
        except InvalidOutput:
            pairs.append((value.name, value))
    return pairs


def _enum(cls):
    description = _class_description(cls)
    if any(base.__name__ == "Flag" and base.__module__ == "enum" for base in cls.__mro__):
        return FlagDecoder(cls, description)
    options = _options(cls)
    if not options:
        raise Inexpressible("takes a %s, which has no members" % cls.__name__)
    return Choice(options, cls.__name__, description)


def _class_description(cls):
    text = summary(cls.__doc__)
    # What dataclass, NamedTuple and Enum write themselves, and what TypedDict inherits from dict, says nothing.
    generated = not text or text.startswith((cls.__name__ + "(", "An enumeration", "dict() ->"))
    return None if generated or text == summary(dict.__doc__) else text
