"""From a plan and arguments to the words of a command line (see `command`)."""

from ..errors import InvalidInput
from ..jsontext import FloatText

_STRING = str


def words(plan, arguments, place):
    """The words behind the script's name. `place(value)`: puts a file into the work folder and gives its name there.

    Raises InvalidInput where the arguments cannot be said on this command line.
    """
    made = []
    for level in plan["levels"]:
        if level["word"] is not None:
            made.append(level["word"])
        made += _level(level["params"], arguments, place, plan["style"])
    named = plan.get("args")
    if named is not None:
        made += arguments.get(named, ())
    return made


def _level(params, arguments, place, style):
    """Options first, then positionals; options that take as many words as follow would swallow these, and come last."""
    first, last, positional, gaps = [], [], [], []
    for param in params:
        name = param["name"]
        if name not in arguments:
            if param["kind"] == "value" and param["flag"] is None:
                gaps.append(param)
            continue
        given = arguments[name]
        if param["kind"] == "flag":
            (positional if param.get("inline") else first).extend(_flag(param, given))
        elif param["kind"] == "count":
            first += [param["flag"]] * int(given)
        elif param["flag"] is None:
            for left in gaps:
                if "gap" not in left:
                    raise InvalidInput("%s can be given only together with %s" % (name, left["name"]), "/" + name)
                positional.append(left["gap"])
            gaps = []
            items = given if param.get("many") else [given]
            positional += [_word(param, item, place, style) for item in items]
        else:
            (last if param.get("many") or param.get("bare") else first).extend(_option(param, given, place, style))
    if style != "fire" and style != "docopt" and any(word[:1] == "-" and len(word) > 1 for word in positional):
        positional.insert(0, "--")
    return first + positional + last if positional[:1] != ["--"] else first + last + positional


def _flag(param, given):
    for value, text in param["words"]:
        if value == given and type(value) is type(given):
            return text
    return []  # what it is by itself


def _option(param, given, place, style):
    made = []
    for one in given if param.get("repeat") else [given]:
        if param.get("bare") and type(one) is bool:
            made += [param["flag"]] if one else []
        elif param.get("many"):
            made += [param["flag"], *(_word(param, item, place, style) for item in one)]
        else:
            made += _joined(param["flag"], _word(param, one, place, style))
    return made


def _joined(flag, word):
    """`--name=word`, so that no word is taken for an option."""
    if flag.startswith("--"):
        return ["%s=%s" % (flag, word)]
    return ["%s%s" % (flag, word)] if word.startswith("-") and len(flag) == 2 else [flag, word]


def _word(param, value, place, style):
    if type(value) not in (str, int, float, bool, list, dict, FloatText, type(None)) or _is_file(value, param):
        name = place(value)
        return "./" + name if name.startswith("-") else name
    form = param["form"]
    if form == "json":
        from .. import jsontext

        return jsontext.write(value).decode("utf-8")
    if form == "bool":
        return "True" if value else ""
    if form == "literal":
        return _literal(value)
    if form == "integer":
        return _STRING(int(value))
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is FloatText:
        return value.text
    text = _STRING(value)
    if "\0" in text:
        raise InvalidInput("a word of a command line has no NUL character", "/" + param["name"])
    return text


def _is_file(value, param):
    return type(value) is dict and param["form"] != "json" and param["form"] != "literal" and set(value) == {"name", "base64"}


def _literal(value):
    """A word that Fire reads as this value: it takes words for literals of Python where it can."""
    if type(value) is FloatText:
        return value.text
    if type(value) is not str:
        return repr(value)
    import ast

    try:
        ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value if value[:1] not in ("-", "") else repr(value)
    return repr(value)
