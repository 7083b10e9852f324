"""The Commands of a usage text of docopt, read by docopt itself: the original, or docopt-ng."""

import re

from .command import Command, count, flag, value
from .files_named import role


def commands(text, evidence, module):
    """One Command for each word that begins a line of the usage, or one for all; words that choose are flags."""
    usage, pattern = _pattern(text, module)
    always = _required(pattern)
    params, seen = [], set()
    for leaf in pattern.flat():
        if leaf.name in seen or leaf.name in ("--help", "-h", "--version"):
            continue
        seen.add(leaf.name)
        params.append(_param(leaf, leaf.name in always, evidence, text))
    about = text[: re.search(r"usage:", text, re.IGNORECASE).start()].strip()
    return [Command((), [(None, params)], about or usage.strip(), (), False, "docopt")]


def _pattern(text, module):
    """(usage, what it parses to)."""
    if hasattr(module, "parse_docstring_sections"):
        sections = module.parse_docstring_sections(text)
        usage, formal = sections.usage_header + sections.usage_body, module.formal_usage(sections.usage_body)
        options = [*module.parse_options(sections.before_usage), *module.parse_options(sections.after_usage)]
    else:
        section = getattr(module, "parse_section", None) and module.parse_section("usage:", text)
        usage = section[0] if section else module.printable_usage(text)
        formal, options = module.formal_usage(usage), module.parse_defaults(text)
    pattern = module.parse_pattern(formal, options)
    named = set(pattern.flat(module.Option))
    kind = getattr(module, "OptionsShortcut", None) or module.AnyOptions
    for shortcut in pattern.flat(kind):  # [options]
        shortcut.children = [option for option in options if option not in named]
    return usage, pattern.fix()


def _required(pattern):
    """Names of what every command line has."""
    name = type(pattern).__name__
    children = getattr(pattern, "children", None)
    if children is None:
        return {pattern.name}
    if name in ("Required", "OneOrMore"):
        return set().union(*map(_required, children)) if children else set()
    if name == "Either":
        return set.intersection(*map(_required, children)) if children else set()
    return set()


def _param(leaf, required, evidence, text):
    kind = type(leaf).__name__
    named = re.sub(r"[^A-Za-z0-9]+", "_", leaf.name).strip("_").lower() or "value"
    about = _described(leaf.name, text)
    if kind == "Command":
        made = flag(named, [[True, [leaf.name]], [False, []]], required=required)
        made.plan["inline"] = True  # its place among the arguments counts
        return made
    if kind == "Option":
        spelled = leaf.name
        if leaf.argcount == 0:
            if type(leaf.value) is int:
                return count(named, spelled, description=about)
            return flag(named, [[True, [spelled]], [False, []]], description=about)
        several = isinstance(leaf.value, list)
        default = leaf.value if isinstance(leaf.value, (str, list)) else None
        file = role(named, None, about, [spelled], evidence) == "in"
        more = {"description": about, "default": default, "required": required}
        return value(named, {"type": ["string", "number"]}, flag=spelled, repeat=several, file=file, **more)
    several = (1 if required else 0, None) if isinstance(leaf.value, list) else None
    file = role(named, None, about, [], evidence) == "in"
    one = {"type": ["string", "number"]}
    return value(named, one, flag=None, count=several, file=file, description=about, required=required)


def _described(name, text):
    for line in text.splitlines():
        spelled = line.strip()
        if spelled.startswith(name) or re.match(r"-\w[ ,].*" + re.escape(name), spelled):
            found = re.search(r"\s{2,}(\S.*)$", spelled)
            return found.group(1) if found else ""
    return ""
