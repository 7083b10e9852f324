"""Reads a source without running it: which modules it imports, and what it evidently needs (`imports.py`, `evident.py`).

Runs in a sandbox of its own, since what it parses is anybody's. The request is JSON ``{"entry", "files": [[path, length],
...], "folders"}`` on one line, then the files' bytes; the answer is JSON (packaging/scan.ts reads it).
"""

import ast
import json
import os
import sys
import warnings

from .companions import companions_of
from .distributions import PRIVATE, PYTHON_2, REMOVED, distribution_of, resembled
from .evident import hosts_of, uses_of
from .imports import dotted, imports_of

_MOST = 500


def answer(request):
    """The answer (bytes) to a request (bytes)."""
    warnings.simplefilter("ignore")  # about the source's escapes
    line, _, rest = request.partition(b"\n")
    asked = json.loads(line)
    files, at = {}, 0
    for path, length in asked["files"]:
        files[path] = rest[at : at + length]
        at += length
    return json.dumps(Scan(asked["entry"], files, asked["folders"]).result()).encode()


class Scan:
    def __init__(self, entry, files, folders):
        self.entry, self.files = entry, files
        self.folders = set(folders)
        # Folders that modules are looked for in, as `loading.py` sets sys.path.
        self.roots = list(dict.fromkeys(["", os.path.dirname(entry)]))
        self.modules = {}
        self.uses = {}
        self.hosts = {}
        self.unreadable = []
        self.standard = _standard() | {"crank_platform"}

    def result(self):
        waiting, seen = [self.entry], {self.entry}
        while waiting:
            path = waiting.pop(0)
            for found in self.read(path):
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
        return {
            "modules": list(self.modules.values())[:_MOST],
            "uses": list(self.uses.values())[:_MOST],
            "hosts": sorted(self.hosts)[:20],
            "unreadable": self.unreadable[:20],
            "setup": self.setup(),
        }

    def read(self, path):
        """Takes in one module; yields the paths of the source's modules that it imports."""
        try:
            tree = parse(path, self.files[path])
            self.extend_roots(tree)
            found = imports_of(tree, self.is_there)
            found += companions_of(tree, found)
            for need, what, line, amount in uses_of(tree, found):
                self.uses.setdefault(
                    (need, what), {"need": need, "what": what[:100], "file": path, "line": line, "bytes": amount}
                )
            self.hosts.update(dict.fromkeys(hosts_of(tree)))
        except SyntaxError as error:
            self.unreadable.append({"file": path, "line": error.lineno or 0, "message": str(error.msg)[:200]})
            return
        except (ValueError, RecursionError, MemoryError) as error:
            self.unreadable.append({"file": path, "line": 0, "message": (str(error) or type(error).__name__)[:200]})
            return
        for one in found:
            if one.level > 0:
                folder = os.path.dirname(path)
                for _ in range(one.level - 1):
                    folder = os.path.dirname(folder)
                yield from self.local(folder, one.name.split(".") if one.name else [], one.members)
            elif one.name:
                yield from self.absolute(one, path)

    def absolute(self, one, path):
        parts = one.name.split(".")
        top = parts[0]
        for root in self.roots:
            if self.has(root, top):
                yield from self.local(root, parts, one.members)
                return
        if top in self.standard:
            return
        for name in [one.name + "." + member for member in one.members] or [one.name]:
            self.note(name, one, path)

    def note(self, name, one, path):
        top = name.partition(".")[0]
        known = distribution_of(name)
        module = name if known is None or "." in _rooted(name) else top
        entry = {"module": _rooted(name) if known else top, "file": path, "line": one.line, "kind": one.kind}
        entry["distribution"], entry["known"] = known or (None, False)
        if top in PYTHON_2:
            entry["unfit"] = "python2"
        elif top in REMOVED and sys.version_info >= REMOVED[top]:
            entry["unfit"] = "removed"
            entry["series"] = "%d.%d" % (REMOVED[top][0], REMOVED[top][1] - 1)
        elif not entry["known"]:
            elsewhere = self.elsewhere(top)
            if elsewhere:
                entry["unfit"], entry["like"] = "elsewhere", elsewhere
            elif top.lower() in PRIVATE or not _is_name(module):
                entry["unfit"] = "private"
            else:
                slip = resembled(top)
                if slip is not None:
                    entry["unfit"], entry["like"] = "resembles", slip
        before = self.modules.get(entry["module"])
        order = {"required": 0, "lazy": 1, "optional": 2}
        if before is None or order[entry["kind"]] < order[before["kind"]]:
            self.modules[entry["module"]] = entry

    def is_there(self, top):
        return top in self.standard or any(self.has(root, top) for root in self.roots)

    def has(self, root, name):
        base = root + "/" + name if root else name
        return base + ".py" in self.files or base in self.folders

    def local(self, root, parts, members):
        """Paths of the source's modules that importing ``parts`` below a folder loads, ``members`` among them."""
        base = root
        for part in parts:
            base = base + "/" + part if base else part
            yield from self.module(base)
        for member in members:
            yield from self.module(base + "/" + member if base else member)

    def module(self, base):
        for path in (base + ".py", base + "/__init__.py"):
            if path in self.files:
                yield path

    def elsewhere(self, name):
        """Where the source has a module of this name that imports do not find."""
        for path in self.files:
            folder, _, file = path.rpartition("/")
            if file == name + ".py" or folder.rpartition("/")[2] == name:
                return path
        return None

    def extend_roots(self, tree):
        """Folders that the module puts on sys.path by name."""
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or dotted(node.func) not in ("sys.path.append", "sys.path.insert"):
                continue
            texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            for text in texts:
                folder = os.path.normpath(os.path.join(os.path.dirname(self.entry), text.strip("/")))
                if folder in self.folders and folder not in self.roots and len(self.roots) < 20:
                    self.roots.append(folder)

    def setup(self):
        """What the call of setup() in a setup.py says in literals."""
        if "setup.py" not in self.files:
            return None
        try:
            tree = parse("setup.py", self.files["setup.py"])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        known = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                known[node.targets[0].id] = node.value
        said = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (dotted(node.func) or "").rpartition(".")[2] == "setup":
                for word in node.keywords:
                    if word.arg in ("install_requires", "python_requires"):
                        value = known.get(word.value.id) if isinstance(word.value, ast.Name) else word.value
                        said[word.arg] = _literal(value)
        return said


def parse(path, source):
    if path.endswith(".ipynb"):
        source = _cells(source)
    return compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)


def _cells(source):
    """The code of a notebook, without lines that are not Python."""
    notebook = json.loads(source)
    lines = []
    for cell in notebook.get("cells", ()):
        if cell.get("cell_type") != "code":
            continue
        text = cell.get("source", "")
        text = text if isinstance(text, str) else "".join(text)
        if text.startswith("%%"):
            continue
        lines += ["pass" if line.lstrip().startswith(("%", "!")) else line for line in text.split("\n")]
    return "\n".join(lines)


def _rooted(name):
    """The part of a dotted name that stands for one distribution."""
    from .distributions import DISTRIBUTIONS, NAMESPACES

    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        if ".".join(parts[:length]) in DISTRIBUTIONS:
            return ".".join(parts[:length])
    if parts[0] in NAMESPACES:
        return ".".join(parts[: 3 if ".".join(parts[:2]) in NAMESPACES else 2])
    return parts[0]


def _is_name(name):
    return len(name) <= 100 and name.isascii() and all(part.isidentifier() for part in name.split("."))


def _literal(node):
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _standard():
    names = getattr(sys, "stdlib_module_names", None)
    if names is not None:
        return set(names) | set(sys.builtin_module_names) | {"__main__"}
    # Before Python 3.10: by looking.
    folder = os.path.dirname(os.__file__)
    names = set(sys.builtin_module_names) | {"__main__"}
    for place in (folder, os.path.join(folder, "lib-dynload")):
        for name in os.listdir(place) if os.path.isdir(place) else ():
            if not name.endswith("-packages"):
                names.add(name.partition(".")[0])
    return names
