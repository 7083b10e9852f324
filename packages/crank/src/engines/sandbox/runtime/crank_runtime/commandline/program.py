"""What runs when the script is started: its main module, or one of its entry points."""

import builtins
import os
import sys
from types import ModuleType

_PREFETCHED = frozenset(
    "argparse optparse getopt fileinput json csv re io textwrap glob shutil tempfile pathlib datetime collections itertools "
    "functools hashlib random string time click typer fire docopt".split()
)
#: What every call of a command line needs, and what parsers import when they are used.
_ALWAYS, _BY_PARSERS = ("atexit", "binascii"), ("shutil", "locale", "gettext")


class Program:
    """`code`: of the main module, None where there are entry points only. `package`: that it belongs to, or "".
    `points`: names of entry points with their (module, function)."""

    def __init__(self, code_dir, entry, code, package, points, looks_beside_itself=False):
        self.code_dir = code_dir
        self.entry = entry
        self.code = code
        self.package = package
        self.points = points
        # Where it looks for things beside itself, it is started from the work folder: there it may also write.
        self.at_work = looks_beside_itself and not package and "/" not in entry

    def name(self, point=None):
        """What the script sees as its own name (`sys.argv[0]`)."""
        return point or (os.path.join(self.code_dir, self.entry) if self.package else os.path.basename(self.entry))

    def execute(self, words, point=None):
        """Runs it from its beginning to its end. Raises what it raises, SystemExit among that."""
        sys.argv[:] = [self.name(point), *words]
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        if point is not None:
            where, function = self.points[point]
            __import__(where)
            called = sys.modules[where]
            for part in function.split("."):
                called = getattr(called, part)
            sys.exit(called())
        folder = os.getcwd() if self.at_work else self.code_dir
        names = vars(module)
        names["__file__"] = os.path.join(folder, self.entry)
        names["__builtins__"] = builtins
        names["__package__"] = self.package or None
        names["__cached__"] = None
        exec(self.code, names)  # noqa: S102 - this is what we are for


def prefetch(tree, package):
    """Imports what a module imports at its top level, so that no call pays for it; the module itself does not run.

    Raises what an import raises that the module does not provide for.
    """
    import _ast

    from .detect import scope

    tolerated = set()
    for node in scope(tree.body):
        if isinstance(node, _ast.Try) and node.handlers:
            tolerated.update(id(inner) for inner in scope(node.body))
    names = {"__name__": "__main__", "__package__": package or None, "__builtins__": builtins}
    for node in scope(tree.body):
        if not isinstance(node, (_ast.Import, _ast.ImportFrom)) or getattr(node, "module", "") == "__future__":
            continue
        one = _ast.Module([node], []) if sys.version_info >= (3, 8) else None
        try:
            exec(compile(one, "<imports>", "exec"), names)  # noqa: S102
        except Exception:
            if id(node) not in tolerated:
                raise


def warm(tree):
    """Imports what the module's functions commonly need, where they import it themselves."""
    import _ast

    from .detect import children

    todo, wanted = [tree], list(_ALWAYS)
    while todo:
        node = todo.pop()
        todo.extend(children(node))
        names = [alias.name for alias in node.names] if isinstance(node, _ast.Import) else []
        names += [node.module or ""] if isinstance(node, _ast.ImportFrom) and node.level == 0 else []
        wanted += [name for name in names if name in _PREFETCHED]
        if not {"argparse", "optparse", "click", "typer"}.isdisjoint(names):
            wanted += _BY_PARSERS
    for name in dict.fromkeys(wanted):
        if name not in sys.modules:
            try:
                __import__(name)
            except Exception:
                continue  # whoever needs it will say so
