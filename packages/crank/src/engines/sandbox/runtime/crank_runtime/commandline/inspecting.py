"""Runs a script up to the point where it hands its command line to a parser, and takes the parser.

This happens in the process that describes the service, which ends with that: what the script did before is gone with it.
"""

import os
import signal
import sys

#: Stands for the command line, so that what comes from it is told from what the script makes up.
SENTINEL = "\u2060crank\u2060"
_SECONDS = 8.0
_AGAIN = 0.5


class Captured(BaseException):
    """The parser is there; the script need not go on."""


class Capture:
    """`style` and `parser`: what was found last. `partial`: it parsed what it knew and left the rest; `others`: parsers
    that did so before. `why`: what ended the script where nothing was found; `late`: it was its time."""

    def __init__(self):
        self.style = self.parser = None
        self.partial = False
        self.others = []
        self.why = ""
        self.late = False

    def take(self, style, parser, partial=False):
        if self.parser is not None and self.parser is not parser:
            self.others.append(self.parser)
        self.style, self.parser, self.partial = style, parser, partial
        if not partial:
            raise Captured()


def capture(program, point, libraries):
    """A Capture of the program, with at most some seconds for it. `libraries`: the parsers that it imports."""
    found = Capture()
    for library in libraries:
        patch = _PATCHES.get(library)
        if patch is not None:
            try:
                patch(found)
            except ImportError:
                continue  # then the script cannot use it either
    for words in ([SENTINEL], [], ["--help"]):
        _run(program, point, words, found)
        if found.parser is not None or found.late:
            break
    return found


def _run(program, point, words, found):
    def enough(*_):
        raise Captured()

    handle = os.open("/dev/null", os.O_RDONLY)
    os.dup2(handle, 0)
    os.close(handle)
    previous = signal.signal(signal.SIGALRM, enough)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS, _AGAIN)
    try:
        program.execute(words, point)
        found.why = "it ended without parsing its command line"
    except Captured:
        found.late = found.parser is None
        found.why = "it had not parsed its command line after %d s" % _SECONDS
    except SystemExit as end:
        found.why = "it ended with exit code %s before that" % (end.code,)
    except BaseException as error:
        found.why = "it failed before that with %s: %s" % (type(error).__name__, str(error)[:300])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _from_line(args):
    """Whether a list that is parsed comes from the command line."""
    if args is None:
        return True
    args = list(args)
    return SENTINEL in args or args == sys.argv[1:]


def _argparse(found):
    import argparse

    kind = argparse.ArgumentParser
    inner = []

    def patched(name, partial):
        original = getattr(kind, name)

        def parse(self, args=None, namespace=None):
            if inner or not _from_line(args):
                return original(self, args, namespace)
            inner.append(self)
            try:
                found.take("argparse", self, partial)
                try:
                    return original(self, args, namespace)
                except SystemExit:
                    raise Captured() from None
            finally:
                inner.pop()

        setattr(kind, name, parse)

    for name in ("parse_args", "parse_intermixed_args"):
        patched(name, False)
    for name in ("parse_known_args", "parse_known_intermixed_args"):
        patched(name, True)


def _optparse(found):
    import optparse

    original = optparse.OptionParser.parse_args

    def parse(self, args=None, values=None):
        if not _from_line(args):
            return original(self, args, values)
        return found.take("optparse", self)

    optparse.OptionParser.parse_args = parse


def _click(found):
    import click.core

    _catch_main(found, [click.core.Command, click.core.Group, getattr(click.core, "BaseCommand", click.core.Command)])


def _typer(found):
    import typer.core

    # Later ones carry what they need of click themselves.
    _catch_main(found, {kind for one in (typer.core.TyperCommand, typer.core.TyperGroup) for kind in one.__mro__})


def _catch_main(found, kinds):
    def main(self, args=None, *rest, **named):
        found.take("click", self)

    for kind in kinds:
        if "main" in vars(kind):
            kind.main = main


def _fire(found):
    import fire.core

    def took(component, *_, **__):
        found.take("fire", component)

    fire.core._Fire = took


def _docopt(found):
    import docopt

    def took(*given, **named):
        found.take("docopt", given[0] if given else named.get("doc", named.get("docstring")))

    original = docopt.docopt
    docopt.docopt = took
    for module in list(sys.modules.values()):
        if getattr(module, "docopt", None) is original:
            module.docopt = took


_PATCHES = {
    "argparse": _argparse,
    "optparse": _optparse,
    "click": _click,
    "typer": _typer,
    "fire": _fire,
    "docopt": _docopt,
}
