"""Public methods of a module's classes: one call makes the object from its constructor's arguments, and calls it."""

from . import signature
from .annotations import Inexpressible
from .decoder import Decoder, expected
from .docstrings import parse, summary
from .fields import fields_of


class Constructor(Decoder):
    """An object of a class of the script: its constructor's arguments by name. What that raises is the script's own."""

    def __init__(self, cls, taken):
        self._cls = cls
        self._taken = taken
        self.required = any(parameter.required for parameter in taken.parameters)

    def children(self):
        return tuple(parameter.decoder for parameter in self._taken.parameters)

    def decode(self, value):
        if type(value) is not dict:
            raise expected("an object of constructor arguments", value)
        positional, named = self._taken.bind(value)
        return self._cls(*positional, **named)

    def schema(self, defs):
        return defs.ref(id(self), self._cls.__name__, lambda: self._body(defs))

    def _body(self, defs):
        schema = dict(self._taken.schema(defs), title=self._cls.__name__)
        description = summary(self._cls.__doc__)
        return dict(schema, description=description) if description else schema


class _OfObject(signature.Signature):
    """A method's parameters, the object first. An object that needs no arguments may be left out."""

    def bind(self, arguments):
        first = self.parameters[0]
        if type(arguments) is dict and not first.required and first.name not in arguments:
            arguments = dict(arguments, **{first.name: {}})
        return super().bind(arguments)


class Method:
    """A public method. `hidden`: its first parameter, in a set, where it has one. `of_object`: not static, nor a class's."""

    __slots__ = ("name", "line", "value", "function", "hidden", "of_object")

    def __init__(self, name, value, function, hidden, of_object):
        self.name = name
        self.line = function.__code__.co_firstlineno
        self.value = value
        self.function = function
        self.hidden = frozenset(hidden)
        self.of_object = of_object


def has_methods(cls, file):
    """Whether a class is one to make objects of: no exception, enumeration, protocol or test, with a public method."""
    kinds = {base.__name__ for base in cls.__mro__ if base.__module__ in ("typing", "enum", "unittest.case")}
    if issubclass(cls, (BaseException, type)) or kinds & {"Protocol", "Enum", "TestCase"} or hasattr(cls, "__total__"):
        return False
    return next(methods_of(cls, file), None) is not None


def methods_of(cls, file):
    """The public methods that a class and its bases define in a file, in the order of their definition."""
    found = {}
    for base in reversed(cls.__mro__):
        for name, raw in vars(base).items():
            function = _plain(raw)
            code = getattr(function, "__code__", None)
            if name.startswith("_"):
                continue
            if code is None or not hasattr(function, "__globals__") or code.co_filename != file:
                found.pop(name, None)  # a property or a value takes the place of a method
            else:
                found[name] = (raw, function)
    for name, (raw, function) in found.items():
        first = () if isinstance(raw, staticmethod) else function.__code__.co_varnames[: function.__code__.co_argcount][:1]
        if first or isinstance(raw, staticmethod):
            yield Method(name, getattr(cls, name), function, first, not isinstance(raw, (staticmethod, classmethod)))


def _plain(raw):
    """The function behind a method: out of staticmethod and classmethod, and through `functools.wraps`."""
    if isinstance(raw, (staticmethod, classmethod)):
        raw = raw.__func__
    seen = 0
    while hasattr(raw, "__wrapped__") and seen < 20:
        raw, seen = raw.__wrapped__, seen + 1
    return raw


def constructor(cls, file, compiler, warn):
    """The decoder that makes an object of a class. Raises Inexpressible where JSON cannot carry what that needs."""
    if getattr(cls, "__abstractmethods__", None):
        raise Inexpressible("it is abstract")
    for made in (_plain(cls.__init__), _plain(cls.__new__)):
        code = getattr(made, "__code__", None)
        if code is not None and code.co_filename == file and code.co_argcount:
            described = dict(parse(cls.__doc__)[1], **parse(made.__doc__)[1])
            try:
                found = compiler.examples.of(cls.__name__)
                taken = signature.read(made, described, compiler, frozenset(code.co_varnames[:1]), False, warn, found)
            except Inexpressible as error:
                raise Inexpressible("its constructor cannot be called from outside, since %s" % error) from None
            return Constructor(cls, signature.Signature(taken.parameters, frozenset(), None))
    if fields_of(cls) is not None or hasattr(cls, "model_validate") or hasattr(cls, "parse_obj"):
        return compiler.decoder(cls, ({}, {}))
    if cls.__init__ is object.__init__ and cls.__new__ is object.__new__:
        return Constructor(cls, signature.Signature([], frozenset(), None))
    raise Inexpressible("its constructor comes from elsewhere, so that its parameters cannot be read")


def with_object(taken, method, maker):
    """A method's signature: with the object that it is called on, and without what Python fills itself."""
    platform = taken.platform - method.hidden
    if not method.of_object:
        return signature.Signature(taken.parameters, platform, None)
    (name,) = method.hidden
    kind = signature.POSITIONAL if method.function.__code__.co_posonlyargcount else signature.NORMAL
    required = not isinstance(maker, Constructor) or maker.required
    first = signature.Parameter(name, kind, maker, required, None, False, None)
    return _OfObject([first, *taken.parameters], platform, None)
