"""A command line as an operation: its parameters, their schemas, and the plan by which arguments become words.

A plan is plain JSON::

    {"point": null, "style": "argparse", "levels": [{"word": null, "params": [PARAM, ...]}, ...],
     "args": name, "stdin": name, "answers": name, "files": name}

with one level for the script and one for each subcommand on the way; the last four where they are offered. PARAM::

    {"name", "kind": "value", "flag": "--indent" or null, "form": "text", "many"?, "repeat"?, "bare"?, "gap"?, "file"?}
    {"name", "kind": "flag", "words": [[value, [word, ...]], ...], "inline"?}
    {"name", "kind": "count", "flag": "-v"}
    {"name", "kind": "variable", "file"}          of a notebook

``form``: text, bool (an empty word is false), json, literal (of Python). ``many``: several words follow one flag.
``repeat``: the flag is given again for every item. ``bare``: true stands for the flag alone. ``gap``: the word that stands
for a positional that is left out while a later one is given. ``inline``: the words have their place among the positionals.
"""

import re

from ..files import _file_schema, file_result_schema
from ..schema import Definitions, showable


class Param:
    """One typed parameter. `schema`: what it takes; `file`: whether that may be a file."""

    __slots__ = ("name", "schema", "plan", "required", "file")

    def __init__(self, name, schema, plan, required=False, file=False, description=None, default=None):
        self.name = name
        self.plan = dict(plan, name=name)
        self.required = required
        self.file = file
        self.schema = dict(schema)
        if description:
            self.schema["description"] = " ".join(str(description).split())[:2000]
        if default is not None and plain(default) and showable(default):
            self.schema["default"] = default


def plain(value):
    """Whether a value is JSON as it stands."""
    if isinstance(value, (list, tuple)):
        return type(value) is list and all(plain(item) for item in value)
    return value is None or type(value) in (bool, int, str) or (type(value) is float and value - value == 0)


FILE = {"$file": True}  # replaced by a reference to the definition when the document is made


def value(name, one, *, flag=None, form="text", count=None, repeat=False, bare=False, gap=None, file=False, **more):
    """A parameter whose value becomes a word, or several. `one`: schema of one word's value. `count`: None for a single
    word, else (least, most) of several."""
    if file:
        one = {"anyOf": [FILE, {"type": "string"}]}
    schema = one
    plan = {"kind": "value", "flag": flag, "form": form}
    if file:
        plan["file"] = True
    if count is not None:
        schema = {"type": "array", "items": one}
        least, most = count
        if least:
            schema["minItems"] = least
        if most is not None:
            schema["maxItems"] = most
        plan["many"] = True
    if repeat:
        schema = {"type": "array", "items": schema}
        plan["repeat"] = True
    if bare:
        schema = {"anyOf": [schema, {"type": "boolean"}]}
        plan["bare"] = True
    if gap is not None:
        plan["gap"] = gap
    return Param(name, schema, plan, file=file, **more)


def flag(name, words, **more):
    """A parameter each of whose values stands for fixed words."""
    values = [given for given, _ in words]
    schema = {"type": "boolean"} if set(map(type, values)) == {bool} else {"enum": values}
    return Param(name, schema, {"kind": "flag", "words": [[given, list(text)] for given, text in words]}, **more)


def count(name, spelled, **more):
    return Param(name, {"type": "integer", "minimum": 0}, {"kind": "count", "flag": spelled}, **more)


class Command:
    """One way to call the script. `path`: words of its subcommand; `levels`: (word or None, [Param]); `groups`: names of
    which one has to be given; `rest`: whether it takes words that the parser does not name."""

    def __init__(self, path, levels, description="", groups=(), rest=False, style="plain"):
        self.path = path
        self.levels = levels
        self.description = description
        self.groups = groups
        self.rest = rest
        self.style = style


def operation(name, command, evidence, line, point=None):
    """The operation as the gateway wants it (core/service.ts, Operation), with its plan as `command`."""
    params = {}
    for _, level in command.levels:
        params.update((param.name, param) for param in level)  # as in argparse, the inner of two has the name
    levels = [
        {"word": word, "params": [param.plan for param in level if params[param.name] is param]}
        for word, level in command.levels
    ]
    plan = {"point": point, "style": command.style, "levels": levels}
    defs = Definitions()
    file = _file_schema(defs)
    text = {"type": "string"}
    properties = {param.name: _resolve(param.schema, file) for param in params.values()}
    files = [param.name for param in params.values() if param.file]

    def offer(what, schema, description, is_file=False):
        named = what
        while named in properties:
            named += "_"
        plan[what] = named
        properties[named] = dict(schema, description=description)
        if is_file:
            files.append(named)

    if command.rest or (evidence.argv and command.style == "plain"):
        offer("args", {"type": "array", "items": text}, "words of the command line, as they stand")
    if evidence.stdin or evidence.answers:
        offer("stdin", {"anyOf": [text, file]}, "what it reads from standard input", True)
    if evidence.answers:
        offer("answers", {"type": "array", "items": text}, "what is typed when it asks, line by line")
    about = "more files for the work folder, under their names"
    offer("files", {"type": "array", "items": file}, about, True)
    taken = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [param.name for param in params.values() if param.required]
    if required:
        taken["required"] = required
    groups = [group for group in command.groups if all(one in params for one in group)]
    if len(groups) == 1:
        taken["anyOf"] = [{"required": [one]} for one in groups[0]]
    described = {
        "name": name,
        "description": command.description[:4000],
        "input": defs.document(taken),
        "output": output_schema(_NOTEBOOK if command.style == "notebook" else ()),
        "result": "json",
        "files": files,
        "command": plan,
    }
    if line:
        described["line"] = line
    return described


_NOTEBOOK = {
    "value": {"description": "value of the last cell"},
    "displays": {
        "type": "array",
        "items": {"type": "object"},
        "description": "what was displayed, each by content type; pictures in base64",
    },
}


def _resolve(schema, file):
    if schema is FILE:
        return file
    if isinstance(schema, dict):
        return {key: _resolve(inner, file) for key, inner in schema.items()}
    return [_resolve(inner, file) for inner in schema] if isinstance(schema, list) else schema


def output_schema(more=()):
    """What every command line gives."""
    defs = Definitions(output=True)
    properties = {
        "stdout": {"type": "string", "description": "what it printed, as text"},
        "stderr": {"type": "string"},
        "exit_code": {"type": "integer"},
        "files": {"type": "array", "items": file_result_schema(defs), "description": "files that it wrote or changed"},
        "json": {"description": "stdout, where it is JSON"},
        "stdout_base64": {
            "type": "string",
            "contentEncoding": "base64",
            "description": "stdout, where it is no text in UTF-8",
        },
    }
    properties.update(more)
    return defs.document(
        {"type": "object", "properties": properties, "required": ["stdout", "stderr", "exit_code", "files"]}
    )


def operation_name(text):
    """A subcommand's name as that of an operation."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "run"
    return ("_" + name if name[0].isdigit() else name)[:120]
