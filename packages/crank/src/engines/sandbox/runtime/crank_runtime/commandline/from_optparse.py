"""The Command of an `optparse.OptionParser`: its options; positionals have no names there and go as `args`."""

from .command import Command, count, flag, plain, value
from .files_named import role

_NUMBERS = {"int": {"type": "integer"}, "long": {"type": "integer"}, "float": {"type": "number"}}


def commands(parser, evidence):
    params, shared = [], {}
    options = list(parser.option_list) + [one for group in parser.option_groups for one in group.option_list]
    for option in options:
        shared.setdefault(option.dest, []).append(option)
    for option in options:
        if option.action in ("help", "version"):
            continue
        named = option.dest
        spelled = (option._long_opts or option._short_opts)[0]
        if named is None or (len(shared[named]) > 1 and option.action != "store"):
            named = spelled.lstrip("-").replace("-", "_")
        params.append(_param(parser, option, named, spelled, evidence))
    about = parser.description or ""
    usage = parser.get_usage().strip()
    if usage:
        about = "\n\n".join(filter(None, (about, usage)))
    return [Command((), [(None, params)], about, rest=True, style="optparse")]


def _param(parser, option, named, spelled, evidence):
    default = parser.defaults.get(option.dest)
    help_text = option.help if isinstance(option.help, str) and option.help != "SUPPRESSHELP" else ""
    more = {"description": help_text, "default": default if plain(default) else None}
    if option.action == "count":
        return count(named, spelled, **dict(more, default=None))
    if not option.takes_value():
        negative = option.action == "store_false" and named == option.dest
        words = [[True, []], [False, [spelled]]] if negative else [[True, [spelled]], [False, []]]
        more["default"] = more["default"] if isinstance(default, bool) and named == option.dest else None
        return flag(named, words, **more)
    one = _NUMBERS.get(option.type, {"type": "string"})
    form = "integer" if one.get("type") == "integer" else "text"
    file = False
    if option.choices:
        one = {"enum": list(option.choices)}
    elif option.type == "string":
        flags = option._long_opts + option._short_opts
        file = role(option.dest, option.metavar, help_text, flags, evidence) == "in"
    several = (option.nargs, option.nargs) if option.nargs and option.nargs > 1 else None
    repeat = option.action == "append"
    return value(named, one, flag=spelled, form=form, count=several, repeat=repeat, file=file, **more)
