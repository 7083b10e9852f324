"""Commands of what is handed to `fire.Fire`: a function, or the public functions of a dict, object, class or module."""

import inspect

from .. import docstrings
from .command import Command, plain, value
from .files_named import role

_MOST = 200


def commands(component, evidence):
    return _commands(component, evidence, (), [])[:_MOST]


def _commands(component, evidence, path, outer):
    if isinstance(component, type) and path == ():
        return _members(component, evidence, path, outer + [(None, _params(component, evidence))])
    if inspect.isroutine(component) or isinstance(component, type):
        text = docstrings.parse(inspect.getdoc(component))[0]
        level = (path[-1] if path else None, _params(component, evidence))
        return [Command(path, outer + [level], text, (), False, "fire")]
    if len(path) > 2:
        return []
    return _members(component, evidence, path, outer + [(path[-1] if path else None, [])])


def _members(component, evidence, path, outer):
    if isinstance(component, dict):
        members = component.items()
    elif isinstance(component, (list, tuple)):
        members = [(one.__name__, one) for one in component if hasattr(one, "__name__")]
    else:
        members = inspect.getmembers(component)
    found = []
    for name, member in members:
        if not isinstance(name, str) or name.startswith("_"):
            continue
        if inspect.isroutine(member) or isinstance(component, dict):
            found += _commands(member, evidence, path + (name,), outer)
    return found


def _params(function, evidence):
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return []
    described = docstrings.parse(inspect.getdoc(function))[1]
    made = []
    for name, parameter in signature.parameters.items():
        if name == "self":
            continue
        default = None if parameter.default is parameter.empty else parameter.default
        required = parameter.default is parameter.empty
        one, file = _typed(parameter.annotation, default), False
        about = described.get(name)
        if parameter.kind == parameter.VAR_KEYWORD:
            continue
        if parameter.kind == parameter.VAR_POSITIONAL:
            made.append(value(name, one, flag=None, form="literal", count=(0, None), description=about))
            continue
        if one in ({}, {"type": "string"}) and not isinstance(default, (int, float, list, dict)):
            file = role(name, None, about or "", ["--" + name], evidence) == "in"
        spelled = None if parameter.kind == parameter.POSITIONAL_ONLY else "--" + name
        default = default if plain(default) else None
        more = {"description": about, "default": default, "required": required}
        made.append(value(name, one, flag=spelled, form="literal", file=file, **more))
    return made


def _typed(annotation, default):
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if annotation is kind or annotation == kind.__name__:
            return {"type": name}
    return {"type": "boolean"} if type(default) is bool else {}
