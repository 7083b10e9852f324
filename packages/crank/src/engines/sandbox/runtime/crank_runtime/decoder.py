"""The base of all decoders: from a JSON value to what an annotation asks for, and the schema that says so."""

from .errors import InvalidInput


class Decoder:
    """One annotation, compiled. Immutable once the module is described."""

    #: Whether a file handed over beside the JSON may stand here.
    files = False
    #: Whether the JSON form is never an array or object, so that it can be an object's key.
    scalar = False
    #: JSON types that `decode` returns as they are; containers use it to pass big arrays through without a loop.
    passes = frozenset()
    #: Whether numbers are wanted with all the digits that were sent.
    exact = False

    def decode(self, value):
        """The Python value for a JSON value. Raises InvalidInput."""
        raise NotImplementedError

    def schema(self, defs):
        """The JSON Schema; named types go into `defs`, whose `output` says which direction is meant."""
        raise NotImplementedError

    def children(self):
        """Decoders within this one."""
        return ()


def kind(value):
    """What a JSON value is, for messages."""
    if value is None:
        return "null"
    names = ((bool, "a boolean"), (int, "an integer"), (float, "a number"), (str, "a string"), (list, "an array"))
    for python, name in names:
        if isinstance(value, python):
            return name
    return "an object" if isinstance(value, dict) else "a file"


def expected(what, value):
    """The error for a value of the wrong kind."""
    return InvalidInput("expected %s, got %s" % (what, kind(value)))


def every(decoder):
    """A decoder and all within it, each once (types may be recursive)."""
    seen, todo = set(), [decoder]
    while todo:
        current = todo.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            todo.extend(current.children())
