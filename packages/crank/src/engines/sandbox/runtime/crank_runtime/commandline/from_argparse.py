"""Commands of an `argparse.ArgumentParser`."""

import argparse
import re

from .command import Command, count, flag, plain, value
from .files_named import role

_MOST_CHOICES = 200


def commands(parser, evidence, rest=False):
    """The Commands of a parser: one, or one for each subcommand."""
    return _commands(parser, evidence, (), [], rest, None)


def _commands(parser, evidence, path, outer, rest, about):
    params, inner = [], None
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            inner = action
        else:
            params.append(action)
    levels = outer + [(path[-1] if path else None, _params(parser, params, evidence))]
    if inner is None:
        text = parser.description or about or ""
        if "%(prog)" in text:
            text = text.replace("%(prog)s", parser.prog)
        groups = [
            [action.dest for action in group._group_actions]
            for group in parser._mutually_exclusive_groups
            if group.required
        ]
        return [Command(path, levels, _about(text, parser), groups, rest, "argparse")]
    found, seen = [], set()
    helps = {choice.dest: choice.help for choice in inner._choices_actions}
    for name, sub in inner.choices.items():
        if id(sub) not in seen:  # an alias
            seen.add(id(sub))
            found += _commands(sub, evidence, path + (name,), levels, rest, helps.get(name))
    return found


def _about(text, parser):
    epilog = parser.epilog if isinstance(parser.epilog, str) else ""
    return "\n\n".join(part.strip() for part in (text, epilog.replace("%(prog)s", parser.prog)) if part.strip())


def handlers(parser):
    """Functions that the parser's subcommands name as theirs (`set_defaults(func=...)`)."""
    found = [one for one in parser._defaults.values() if callable(one)]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                found += handlers(sub)
    return found


def _params(parser, actions, evidence):
    made, shared = [], {}
    for action in actions:
        if isinstance(action, (argparse._StoreConstAction, argparse._AppendConstAction)):
            shared.setdefault(action.dest, []).append(action)
    done = set()
    for action in actions:
        if isinstance(action, (argparse._HelpAction, argparse._VersionAction)) or action.dest == argparse.SUPPRESS:
            if isinstance(action, argparse._VersionAction) and not any(_required(one) for one in actions):
                named = _longest(action.option_strings).lstrip("-").replace("-", "_")
                made.append(flag(named, [[True, [_longest(action.option_strings)]]], description="print the version"))
            continue
        together = shared.get(action.dest, [])
        if len(together) > 1:
            if action.dest not in done:
                done.add(action.dest)
                made += _constants(parser, together)
            if action in together:
                continue
        made.append(_param(parser, action, evidence))
    return made


def _required(action):
    if action.option_strings:
        return action.required
    return action.nargs not in ("?", "*", "...")


def _constants(parser, actions):
    """Several flags that set one name: a choice of what they set, or each by its own name."""
    values = [action.const for action in actions]
    stores = all(isinstance(action, argparse._StoreConstAction) for action in actions)
    if stores and all(plain(one) and one is not None for one in values) and len(set(map(repr, values))) == len(values):
        words = [[action.const, [_longest(action.option_strings)]] for action in actions]
        help_text = "; ".join("%s: %s" % (action.const, _help(parser, action)) for action in actions if action.help)
        yield flag(actions[0].dest, words, description=help_text, default=actions[0].default)
        return
    for action in actions:
        spelled = _longest(action.option_strings)
        named = spelled.lstrip("-").replace("-", "_")
        yield flag(named, [[True, [spelled]]], description=_help(parser, action))


def _longest(flags):
    return next((one for one in flags if one.startswith("--")), flags[0])


def _help(parser, action):
    if not action.help or action.help is argparse.SUPPRESS:
        return ""
    try:
        return parser._get_formatter()._expand_help(action)
    except Exception:  # a help text with a stray %
        return action.help


def _param(parser, action, evidence):
    help_text = _help(parser, action)
    default = action.default if action.default is not argparse.SUPPRESS else None
    more = {"description": help_text, "default": default, "required": _required(action)}
    flags = action.option_strings
    spelled = _longest(flags) if flags else None
    if isinstance(action, argparse._CountAction):
        return count(action.dest, spelled, **dict(more, default=default if isinstance(default, int) else None))
    if flags and action.nargs == 0:
        return _switch(action, spelled, more)
    if isinstance(action, getattr(argparse, "BooleanOptionalAction", ())):
        off = next((one for one in flags if one.startswith("--no-")), None)
        words = [[True, [spelled]]] + ([[False, [off]]] if off else [])
        return flag(action.dest, words, **more)
    return _value(action, spelled, evidence, more, help_text)


def _switch(action, spelled, more):
    const = getattr(action, "const", True)
    if isinstance(action, argparse._StoreFalseAction) or const is False:
        # The parameter has the parser's name: it is what the script sees, true unless the flag is given.
        return flag(action.dest, [[True, []], [False, [spelled]]], **more)
    if const is True or not plain(const) or const is None or not isinstance(action, argparse._StoreConstAction):
        more["default"] = more["default"] if isinstance(more["default"], bool) else None
        return flag(action.dest, [[True, [spelled]], [False, []]], **more)
    return flag(action.dest, [[const, [spelled]]], **more)


def _value(action, spelled, evidence, more, help_text):
    kind = action.type
    metavar = action.metavar if isinstance(action.metavar, str) else None
    one, form, file, gap = _typed(kind)
    if isinstance(kind, argparse.FileType):
        gap = "-"
    if action.choices is not None:
        one = _choices(action.choices, one)
    elif kind in (None, str):
        names = action.metavar if isinstance(action.metavar, tuple) else (metavar,)
        file = any(role(action.dest, one, help_text, action.option_strings, evidence) == "in" for one in names)
    elif file:
        file = role(action.dest, metavar, help_text, action.option_strings, evidence) != "out"
    if gap is None and not action.option_strings and type(action.default) in (str, int, float):
        gap = str(action.default)
    if not plain(more["default"]):
        more["default"] = None
    repeat = isinstance(action, argparse._AppendAction) and not isinstance(action, getattr(argparse, "_ExtendAction", ()))
    nargs = action.nargs
    many = None
    if isinstance(nargs, int):
        many = (nargs, nargs)
    elif nargs in ("*", "...", "A..."):
        many = (0, None)
    elif nargs == "+":
        many = (1, None)
    if isinstance(action, getattr(argparse, "_ExtendAction", ())) and many is None:
        repeat = True
    bare = nargs == "?" and bool(action.option_strings)
    return value(
        action.dest, one, flag=spelled, form=form, count=many, repeat=repeat, bare=bare, gap=gap, file=file, **more
    )


def _typed(kind):
    """(schema, form, whether files are meant, word for a gap) of a parser's type."""
    text = {"type": "string"}
    if kind is int:
        return {"type": "integer"}, "integer", False, None
    if kind is float:
        return {"type": "number"}, "text", False, None
    if kind is bool:
        return {"type": "boolean"}, "bool", False, None
    if isinstance(kind, argparse.FileType):
        writes = any(letter in kind._mode for letter in "wax")
        return text, "text", not writes, "-"
    if kind is open or getattr(kind, "__module__", "").partition(".")[0] == "pathlib":
        return text, "text", True, None
    if kind in (None, str):
        return text, "text", False, None
    name = getattr(kind, "__qualname__", "")
    if (getattr(kind, "__module__", ""), name) == ("json", "loads"):
        return {}, "json", False, None
    if re.search(r"int|float|num|positive|percent", name):
        return {"type": ["number", "string"]}, "text", False, None
    return {"type": ["string", "number"]}, "text", False, None


def _choices(choices, one):
    if isinstance(choices, range) and choices.step == 1 and len(choices) > 0:
        return {"type": "integer", "minimum": choices[0], "maximum": choices[-1]}
    try:
        listed = list(choices)
    except TypeError:
        return one
    if 0 < len(listed) <= _MOST_CHOICES and all(plain(item) for item in listed):
        return {"enum": listed}
    return one
