"""Type variables and Protocols: what they stand for."""

from .resolve import annotations_of


def substituted(argument, env):
    """A type argument with what its own variables stand for: `Box[T]` within `Box[int]`."""
    try:
        if argument in env:
            return env[argument]
    except TypeError:  # unhashable
        return argument
    variables = () if isinstance(argument, type) else getattr(argument, "__parameters__", None) or ()
    if not any(variable in env for variable in variables):
        return argument
    try:
        return argument[tuple(env.get(variable, variable) for variable in variables)]
    except TypeError:
        return argument


def met_by_json(protocol):
    """Whether values of JSON's types have all that a Protocol asks for, such as `__lt__`."""
    names = {name for base in protocol.__mro__ if getattr(base, "_is_protocol", False) for name in _asked(base)}
    # Not hasattr: a class has what its metaclass has, too.
    members = [{name for base in kind.__mro__ for name in vars(base)} for kind in (int, str, list, dict)]
    return any(names <= of_kind for of_kind in members)


def _asked(protocol):
    for name, value in vars(protocol).items():
        if (hasattr(value, "__code__") or isinstance(value, property)) and name not in ("__init__", "__subclasshook__"):
            yield name
    yield from annotations_of(protocol)
