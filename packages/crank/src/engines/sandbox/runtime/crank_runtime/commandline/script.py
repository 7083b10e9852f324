"""The command line of one deployed script, from the first look at its syntax tree to its calls."""

from ..docstrings import summary
from . import detect


class Script:
    """`importable`: whether the module can be imported beside it, for its functions."""

    def __init__(self, entry, facts, tree, package):
        self.importable = not facts.asks
        self.program = None
        self.summary = summary(_docstring(tree))
        self._entry = entry
        self._facts = facts
        self._tree = tree
        self._package = package

    def prefetch(self):
        """Imports what the script imports, since it is not imported itself. Raises what these raise."""
        from . import program

        if self._entry.endswith(".ipynb"):
            from . import notebook

            notebook.provide(notebook.Shown())
        program.prefetch(self._tree, self._package)

    def survives(self, error):
        """Whether a script whose import failed can still be run: it looked at its top level for what a call brings: files, input."""
        return self._facts.acts and isinstance(error, (OSError, EOFError, SystemExit))

    def without_its_own(self, operations):
        """The module's operations, without functions that only serve the command line."""
        kept = {}
        entrances = self._facts.entrances | {function for _, function in self.program.points.values()}
        for name, one in operations.items():
            is_entrance = getattr(one.function, "__name__", name) in entrances and _takes_line(one.signature)
            # What a docstring shows being called is meant to be.
            is_entrance = is_entrance and not one.shown
            if not is_entrance and name not in self._facts.commands:
                kept[name] = one
        return kept

    def concerns(self, finding):
        """Whether a finding about the module still counts: that it has no function is no fault where it has commands."""
        about = finding["message"].partition(": is a ")
        return finding["level"] != "error" and not (about[1] and about[0] in self._facts.commands)

    def describe(self, operations):
        """(operations, names of functions that belong to the command line, findings)."""
        from . import describing

        return describing.describe(self.program, operations, self.summary, self._facts.line)

    def call(self, plan, data, files, output_bytes, linked):
        """JSON text of the result. Raises InvalidInput, OutputTooLarge, and what the script raises."""
        return running.run(self.program, plan, data, files, output_bytes, linked)


def _takes_line(signature):
    """Whether a function takes nothing, or the words of a command line at most."""
    names = [one.name for one in signature.parameters]
    return not names or (len(names) == 1 and names[0] in ("argv", "args", "arguments", "cmdline", "sysargs"))


def _docstring(tree):
    first = tree.body[0] if tree.body else None
    text = getattr(getattr(first, "value", None), "value", None)
    return text if isinstance(text, str) else None


def open_script(code_dir, entry, tree, source, package):
    """The Script of an entry file, None where it has no command line."""
    global running
    facts = detect.facts(tree)
    is_main = entry.rpartition("/")[2] == "__main__.py" or entry.endswith(".ipynb")
    points = {}
    if not facts.marked and not is_main:
        from .points import points as read_points

        points = read_points(code_dir)
    if facts.marked or not (is_main or points or facts.has_command_line):
        return None
    found = Script(entry, facts, tree, package)
    found.importable = not (is_main or facts.asks or (facts.acts and not facts.functions))
    from . import program, running  # here once, so that no call pays for them

    program.warm(tree)
    own = is_main or facts.has_command_line
    code = compile(source, _join(code_dir, entry), "exec", dont_inherit=True) if own or not points else None
    if entry.endswith(".ipynb"):
        from .notebook import Notebook

        found.program = Notebook(code_dir, entry)
        found.summary = found.program.title[:1000]
        return found
    found.program = program.Program(code_dir, entry, code, package, points, _looks_beside_itself(source))
    return found


def _looks_beside_itself(source):
    return b"__file__" in source or b"argv[0]" in source


def _join(code_dir, entry):
    return "%s/%s" % (code_dir.rstrip("/"), entry)
