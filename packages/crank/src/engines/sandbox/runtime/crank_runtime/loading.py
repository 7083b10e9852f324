"""Imports the user's module, and says in findings why that failed."""

import importlib
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

from .commandline import script
from .distributions import distribution_of
from .errors import LoadError, finding
from .tracebacks import format_exception, own_line

_FALLBACK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fallback")


class Loaded:
    """An entry file: its syntax tree and path, its module (None where it is not to be imported), its command line
    (None where it has none), and what there is to say about that."""

    __slots__ = ("tree", "path", "module", "script", "findings")

    def __init__(self, tree, path):
        self.tree = tree
        self.path = path
        self.module = None
        self.script = None
        self.findings = []


def load(code_dir, entry):
    """Imports `entry` from `code_dir`, where it can be imported. Gives a Loaded. Raises LoadError."""
    path = os.path.join(code_dir, entry)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        message = "cannot be read: %s" % error.strerror
        raise LoadError([finding("error", entry, message, "Deploy the file with the service.")]) from None
    if entry.endswith(".ipynb"):
        from .commandline.notebook import source_of

        source = source_of(source, entry)
    loaded = Loaded(_syntax_tree(source, path, entry), path)
    root, package, name = _module_name(code_dir, entry)
    _keep_standard(os.path.dirname(path), name)
    folders = list(dict.fromkeys((code_dir, root, os.path.dirname(path)) if not package else (code_dir, root)))
    sys.path[:] = folders + [known for known in sys.path if known not in folders and known != _FALLBACK] + [_FALLBACK]
    sys.argv[:] = [path]
    loaded.script = script.open_script(code_dir, entry, loaded.tree, source, package)
    try:
        if package:
            importlib.import_module(package)
        if loaded.script is not None and not loaded.script.importable:
            loaded.script.prefetch()
            return loaded
        loaded.module = _import(name, path)
        return loaded
    except BaseException as error:  # SystemExit and whatever else the module's own code raises
        found = _import_finding(error, code_dir, entry)
        if loaded.script is not None and loaded.script.survives(error):
            loaded.findings.append(dict(found, level="warning", message=found["message"] + "; its functions are not offered"))
            return loaded
        raise LoadError([found]) from error


def _import(name, path):
    loader = SourceFileLoader(name, path)
    spec = ModuleSpec(name, loader, origin=path)
    spec.has_location = True
    module = importlib._bootstrap.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    # A module may replace itself (PEP 562's forerunner); what is there then is the module.
    return sys.modules.get(name, module)


def _keep_standard(folder, name):
    """A script named like a module of the standard library (calendar.py) must not take its place for others."""
    stem = name[:-1] if name.endswith("_") else name
    if stem in getattr(sys, "stdlib_module_names", ()) and stem not in sys.modules:
        before = sys.path[:]
        sys.path[:] = [known for known in before if known not in (folder, "")]
        try:
            importlib.import_module(stem)
        except Exception:
            return  # it does not exist on this system, and nobody can mean it
        finally:
            sys.path[:] = before


def _module_name(code_dir, entry):
    """(root, package, full name): a file in packages is a module of theirs, so that relative imports work. `root`: the
    folder that the outermost package is in."""
    stem = (os.path.basename(entry).rpartition(".")[0] or entry).replace(".", "_")
    folder, parts = os.path.dirname(os.path.join(code_dir, entry)), []
    while len(folder) > len(code_dir) and os.path.exists(os.path.join(folder, "__init__.py")):
        parts.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    if parts:
        return folder, ".".join(parts), ".".join(parts + [stem])
    # A script named like a module that already runs here (json.py, types.py) must not take its place.
    taken = stem in sys.modules or stem in getattr(sys, "stdlib_module_names", ())
    return code_dir, "", stem + "_" if taken else stem


def _syntax_tree(source, path, entry):
    try:
        return compile(source, path, "exec", 0x400, dont_inherit=True)  # ast.PyCF_ONLY_AST
    except SyntaxError as error:
        version = "%d.%d" % sys.version_info[:2]
        fix = "Mend the syntax; where newer Python is meant, say so with requires-python (this is Python %s)." % version
        shown = finding("error", entry, "SyntaxError: %s" % error.msg, fix, error.lineno, error.offset)
        raise LoadError([shown]) from None
    except ValueError as error:  # null bytes, an unknown encoding
        message = "is not Python source: %s" % error
        raise LoadError([finding("error", entry, message, "Save it as UTF-8 text.")]) from None


def _import_finding(error, code_dir, entry):
    file, line = own_line(error, code_dir)
    file = file or entry
    shown = format_exception(error, code_dir, None)
    message = ("%s: %s" % (shown["type"], shown["message"])).rstrip(": ")
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        known = distribution_of(error.name)
        wanted = known[0] if known and known[1] else top
        fix = "Add the dependency %s to the script's metadata (PEP 723), requirements.txt or pyproject.toml: " % wanted
        fix += '# /// script, # dependencies = ["%s"], # /// on three lines at the top.' % wanted
        return finding("error", file, "the module %s is not installed" % error.name, fix, line)
    if isinstance(error, SyntaxError):
        at = error.filename or ""
        file = at[len(code_dir) + 1 :] if at.startswith(code_dir + os.sep) else file
        return finding("error", file, "SyntaxError: %s" % error.msg, "Mend the syntax.", error.lineno, error.offset)
    if isinstance(error, SystemExit):
        fix = 'Put what only the command line needs below: if __name__ == "__main__":'
        return finding("error", file, "the script ends itself while it is imported (%s)" % message, fix, line)
    fix = "Let the module import without arguments, network or input; what needs them goes below: "
    fix += 'if __name__ == "__main__":'
    return finding("error", file, "the import failed: %s" % message, fix, line)
