"""The operations that a script's command line gives, as packaging wants them."""

from ..errors import finding
from . import evidence as evidences
from .command import Command, operation, operation_name
from .inspecting import capture

_KNOWN_STYLES = frozenset(("argparse", "optparse", "click", "typer", "fire", "docopt"))


def describe(program, taken, text, line):
    """(operations, names of functions that belong to the command line, findings).

    `taken`: names that functions have; `text`: what the module says of itself; `line`: where its main part begins.
    """
    operations, dropped, findings = [], set(), []
    mains = list(program.points) if program.code is None else [None]
    used = set(taken)
    for point in mains:
        seen = evidences.gather(program.code_dir, _file_of(program, point))
        commands = [Command((), [(None, [])], text)]
        if program.entry.endswith(".ipynb"):
            seen.argv = False
            commands = [Command((), [(None, program.params(seen))], text, style="notebook")]
        elif seen.libraries & _KNOWN_STYLES:
            found = capture(program, point, seen.libraries & _KNOWN_STYLES)
            why = found.why
            if found.parser is not None:
                try:
                    commands, handled = _commands(found, seen)
                    dropped |= handled
                    used -= handled
                except Exception as error:  # what libraries keep of a parser changes with their versions
                    found.parser, why = None, "reading it raised %s: %s" % (type(error).__name__, error)
            if found.parser is None:
                findings.append(_unseen(program.entry, why, line))
                seen.argv = True
        for command in commands:
            named = _name(command, point, mains, used)
            used.add(named)
            command.description = command.description or text
            operations.append(operation(named, command, seen, line, point))
    return operations, dropped, findings


def _file_of(program, point):
    if point is None:
        return program.entry
    import os

    path = program.points[point][0].replace(".", "/")
    for folder in ("", "src/"):
        for name in (path + ".py", path + "/__init__.py"):
            if os.path.isfile(os.path.join(program.code_dir, folder + name)):
                return folder + name
    return program.entry


def _commands(found, seen):
    """The Commands of a captured parser, and the functions that serve its subcommands."""
    if found.style == "argparse":
        from . import from_argparse

        parser = found.parser
        handled = {one.__name__ for one in from_argparse.handlers(parser) if hasattr(one, "__name__")}
        commands = from_argparse.commands(parser, seen, found.partial)
        for other in found.others:  # they parsed what they knew before the last one parsed the rest
            for outer in from_argparse.commands(other, seen):
                for command in commands:
                    _merge(command, outer)
        return commands, handled
    if found.style == "optparse":
        from . import from_optparse

        return from_optparse.commands(found.parser, seen), set()
    if found.style == "click":
        from . import from_click

        return from_click.commands(found.parser, seen), set()
    if found.style == "fire":
        from . import from_fire

        commands = from_fire.commands(found.parser, seen)
        return commands, {command.path[-1] for command in commands if command.path} | _names(found.parser)
    import docopt

    from . import from_docopt

    return from_docopt.commands(found.parser, seen, docopt), set()


def _names(component):
    name = getattr(component, "__name__", None)
    return {name} if isinstance(name, str) else set()


def _merge(command, outer):
    known = {param.name for _, level in command.levels for param in level}
    word, first = command.levels[0]
    more = [param for _, level in outer.levels for param in level if param.name not in known and param.plan.get("flag")]
    command.levels[0] = (word, more + first)


def _name(command, point, mains, used):
    """`run`, or the subcommand's name; `cli`, or `cli_` before it, where that is taken."""
    parts = list(command.path)
    if point is not None and len(mains) > 1:
        parts.insert(0, point)
    name = operation_name("_".join(parts)) if parts else "run"
    if name in used:
        name = "cli_" + name if parts else "cli"
    unique, number = name, 2
    while unique in used:
        unique, number = "%s_%d" % (name, number), number + 1
    return unique


def _unseen(entry, why, line):
    message = "the parser of its command line could not be seen: %s. Its words are taken as `args`" % why
    fix = "Parse the command line before anything else is done, so that its options become parameters."
    return finding("warning", entry, message, fix, line)
