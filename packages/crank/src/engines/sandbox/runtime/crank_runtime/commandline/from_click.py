"""Commands of a `click.Command`, which those of typer are too."""

import sys

from .command import Command, count, flag, plain, value
from .files_named import role


def commands(root, evidence):
    """The Commands of a click command or group."""
    context = _context_kind(root)(root, info_name="run")
    return _commands(context, root, evidence, (), [])


def _context_kind(command):
    """The Context of the library that a command is of: click, or what typer carries in its place."""
    for kind in type(command).__mro__:
        found = getattr(sys.modules.get(kind.__module__), "Context", None)
        if found is not None and kind.__name__ == "Command":
            return found
    return sys.modules["click"].Context


def _commands(context, command, evidence, path, outer):
    params = [made for param in command.params for made in [_param(param, evidence)] if made is not None]
    levels = outer + [(path[-1] if path else None, params)]
    names = command.list_commands(context) if hasattr(command, "list_commands") else ()
    if not names:
        return [Command(path, levels, (command.help or "").replace("\b", "").strip(), (), False, "click")]
    found = []
    for name in names:
        sub = command.get_command(context, name)
        if sub is not None:
            inner = type(context)(sub, info_name=name, parent=context)
            found += _commands(inner, sub, evidence, path + (name,), levels)
    if command.invoke_without_command:
        text = (command.help or "").replace("\b", "").strip()
        found.insert(0, Command(path, levels, text, (), False, "click"))
    return found


def _param(param, evidence):
    if param.name is None or param.expose_value is False and not getattr(param, "prompt", None):
        return None
    default = param.default if not callable(param.default) else None
    help_text = getattr(param, "help", None) or ""
    asked = bool(getattr(param, "prompt", None))  # what is not given is asked for
    evidence.answers |= asked
    more = {
        "description": help_text,
        "default": list(default) if isinstance(default, tuple) and all(map(plain, default)) else default,
        "required": bool(param.required) and not asked,
    }
    flags = list(param.opts) if param.param_type_name == "option" else []
    spelled = next((one for one in flags if one.startswith("--")), flags[0] if flags else None)
    if getattr(param, "count", False):
        return count(param.name, spelled, **dict(more, default=None))
    if getattr(param, "is_flag", False):
        return _switch(param, spelled, more)
    described = getattr(param, "type_descriptor", None)
    if described is not None:
        one, form, file = _annotated(described, param)
        is_text = one == {"type": "string"} and not file and described.file_annotation is None
    else:
        one, form, file = _typed(param.type)
        is_text = type(param.type).__name__ == "StringParamType"
    kind = type(getattr(param, "type", None)).__name__
    if is_text:
        metavar = param.metavar if isinstance(param.metavar, str) else None
        file = role(param.name, metavar, help_text, flags, evidence) == "in"
    if not plain(more["default"]):
        more["default"] = None
    many, repeat = None, False
    if param.nargs == -1:
        many = (1 if param.required else 0, None)
    elif param.nargs > 1:
        many = (param.nargs, param.nargs)
        if kind == "Tuple":
            kinds = [_typed(kind)[0] for kind in param.type.types]
            one = kinds[0] if all(kind == kinds[0] for kind in kinds) else {}
    if getattr(param, "multiple", False):
        repeat = True
    gap = "-" if kind == "File" else None
    if gap is None and not flags and type(default) in (str, int, float):
        gap = str(default)
    bare = bool(getattr(param, "_flag_needs_value", False))
    return value(param.name, one, flag=spelled, form=form, count=many, repeat=repeat, bare=bare, gap=gap, file=file, **more)


def _switch(param, spelled, more):
    off = [one for one in param.secondary_opts if one.startswith("--")] or list(param.secondary_opts)
    const = getattr(param, "flag_value", True)
    if not off and type(const) is str:
        more["default"] = None
        return flag("%s" % spelled.lstrip("-").replace("-", "_"), [[True, [spelled]], [False, []]], **more)
    more["default"] = more["default"] if isinstance(more["default"], bool) else None
    return flag(param.name, [[True, [spelled]], [False, off[:1]]], **more)


def _typed(kind):
    """(schema, form, whether files are meant) of a type of click."""
    name = type(kind).__name__
    if name in ("IntParamType", "IntRange"):
        return _bounds(kind, {"type": "integer"}), "integer", False
    if name in ("FloatParamType", "FloatRange"):
        return _bounds(kind, {"type": "number"}), "text", False
    if name == "BoolParamType":
        return {"type": "boolean"}, "text", False
    if name == "File":
        return {"type": "string"}, "text", not any(letter in kind.mode for letter in "wax")
    if name in ("Path", "TyperPath"):
        return {"type": "string"}, "text", kind.file_okay
    choices = getattr(kind, "choices", None)
    if choices is not None:
        listed = [getattr(choice, "value", choice) if not isinstance(choice, str) else str(choice) for choice in choices]
        if all(plain(choice) for choice in listed):
            return {"enum": listed}, "text", False
    if name == "UUIDParameterType":
        return {"type": "string", "format": "uuid"}, "text", False
    return {"type": "string"}, "text", False


def _annotated(described, param):
    """The same of a parameter of typer that keeps the annotation itself."""
    import enum
    import typing

    annotation = described.annotation
    while typing.get_origin(annotation) is not None and typing.get_origin(annotation) is not typing.Literal:
        inner = [one for one in typing.get_args(annotation) if one is not type(None)]
        annotation = inner[0] if inner else str
    if described.file_annotation is not None:
        name = getattr(described.file_annotation, "__name__", "")
        return {"type": "string"}, "text", "Write" not in name
    if typing.get_origin(annotation) is typing.Literal:
        return {"enum": list(typing.get_args(annotation))}, "text", False
    if annotation is bool:
        return {"type": "boolean"}, "text", False
    if annotation is int:
        return _bounds(param, {"type": "integer"}), "integer", False
    if annotation is float:
        return _bounds(param, {"type": "number"}), "text", False
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return {"enum": [one.value for one in annotation]}, "text", False
    is_path = getattr(annotation, "__module__", "").partition(".")[0] == "pathlib"
    return {"type": "string"}, "text", is_path


def _bounds(kind, schema):
    for side, keyword in (("min", "inimum"), ("max", "aximum")):
        bound = getattr(kind, side, None)
        if type(bound) in (int, float):
            is_open = getattr(kind, side + "_open", False)
            name = "exclusive%s%s" % (side[0].upper(), keyword) if is_open else side[0] + keyword
            schema[name] = bound
    return schema
