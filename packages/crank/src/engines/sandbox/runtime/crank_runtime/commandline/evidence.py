"""What the sources of a script tell beyond its parser: what it reads, and which of its options it opens as files.

Looked at once, when the script is described.
"""

import _ast
import os

from .detect import children, name_of

_LIBRARIES = ("argparse", "optparse", "getopt", "click", "typer", "fire", "docopt")
_READERS = frozenset(
    "open Path read_csv read_excel read_json read_table read_parquet read_text imread loadtxt genfromtxt ZipFile TarFile "
    "load_workbook Document PdfReader PdfFileReader Presentation FileInput safe_load_file from_file isfile getsize".split()
)
_MOST_FILES = 200


class Evidence:
    """`libraries`: parsers that are imported. `argv`, `stdin`, `answers`: whether it reads these itself. `opened`,
    `written`: names of options, and of parameters of commands, that are opened to be read or written."""

    def __init__(self):
        self.libraries = set()
        self.argv = self.stdin = self.answers = False
        self.opened, self.written = set(), set()


def gather(code_dir, entry):
    """The Evidence of a script and of the modules beside it that it imports."""
    found = Evidence()
    todo, seen = [entry], set()
    while todo and len(seen) < _MOST_FILES:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            with open(os.path.join(code_dir, path), "rb") as file:
                source = file.read()
            if path.endswith(".ipynb"):
                from .notebook import source_of

                source = source_of(source, path)
            tree = compile(source, path, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True)
        except (OSError, SyntaxError, ValueError):
            continue  # the entry was read before; of others the import tells
        look(tree, found)
        todo += _own_modules(tree, code_dir, path)
    return found


def look(tree, found):
    """Adds what one module's tree tells."""
    todo = [tree]
    while todo:
        node = todo.pop()
        todo.extend(children(node))
        if isinstance(node, _ast.Import):
            for alias in node.names:
                _imported(alias.name, found)
        elif isinstance(node, _ast.ImportFrom):
            _imported(node.module or "", found)
            if node.module == "sys":
                found.argv |= any(alias.name == "argv" for alias in node.names)
                found.stdin |= any(alias.name == "stdin" for alias in node.names)
        elif isinstance(node, _ast.Attribute) and getattr(node.value, "id", "") in ("sys", "_sys"):
            found.argv |= node.attr == "argv"
            found.stdin |= node.attr == "stdin"
        elif isinstance(node, _ast.Call):
            _called(node, found)


def _imported(name, found):
    top = name.partition(".")[0]
    if top in _LIBRARIES:
        found.libraries.add(top)
    if top == "fileinput":
        found.argv = found.stdin = True


def _called(node, found):
    root, last = name_of(node.func)
    if last in ("input", "raw_input", "getpass") or (last in ("prompt", "confirm") and root in ("click", "typer")):
        found.answers = True
    if last == "FileType" or (root, last) == ("click", "File"):
        found.stdin = True
    if not node.args:
        return
    first = node.args[0]
    if isinstance(first, _ast.Constant) and (first.value == "/dev/stdin" or (last == "open" and first.value == 0)):
        found.stdin = True
    if last in _READERS or (last == "open" and root):
        name = getattr(first, "attr", None) or getattr(first, "id", None) or _key(first)
        mode = next((arg for arg in [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode")]), None)
        text = getattr(mode, "value", "") if last in ("open", "ZipFile") else ""
        if name:
            writes = isinstance(text, str) and any(letter in text for letter in "wax")
            (found.written if writes else found.opened).add(name)


def _key(node):
    key = getattr(node, "slice", None)
    key = getattr(key, "value", key)
    return key if isinstance(key, str) else getattr(key, "value", None) if node.__class__ is _ast.Subscript else None


def _own_modules(tree, code_dir, path):
    """Paths of modules of the source that a module imports."""
    found, todo = [], [tree]
    here = os.path.dirname(path)
    while todo:
        node = todo.pop()
        todo.extend(children(node))
        if isinstance(node, _ast.Import):
            names = [(0, alias.name) for alias in node.names]
        elif isinstance(node, _ast.ImportFrom):
            base = node.module or ""
            names = [(node.level, base)] + [(node.level, ".".join(filter(None, (base, a.name)))) for a in node.names]
        else:
            continue
        for level, name in names:
            folders = [here, ""] if level == 0 else [os.path.normpath(os.path.join(here, *[".."] * (level - 1)))]
            for folder in folders:
                stem = os.path.join("" if folder == "." else folder, *name.split(".")) if name else folder
                candidates = (stem + ".py", os.path.join(stem, "__init__.py"))
                found += [one for one in candidates if os.path.isfile(os.path.join(code_dir, one))]
    return found
