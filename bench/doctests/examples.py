"""The worked examples in the docstrings of a folder of Python files, as one JSON object a line, one line a file.

usage: python3 examples.py FOLDER

An example counts where it calls one public function of its file (or one public method of an object made on the spot)
with literal arguments, and states a literal result or an exception. Nothing of the folder is imported or run.
"""

import ast
import base64
import doctest
import json
import os
import sys

#: What is not Python source and lies beside a file goes with it, up to this size.
BESIDE_BYTES = 4 << 20
PARSER = doctest.DocTestParser()


class NotLiteral(Exception):
    """An example that states something else than a literal."""


def to_json(value):
    """CONTRACT.md, "Python values over JSON", written down once more: nothing of the runtime is used here."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if value - value == 0:
            return value
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, complex):
        return {"real": to_json(value.real), "imag": to_json(value.imag)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, (set, frozenset)):
        try:
            return [to_json(item) for item in sorted(value)]
        except TypeError:
            return sorted((to_json(item) for item in value), key=json.dumps)
    if isinstance(value, dict):
        pairs = [(to_json(key), to_json(item)) for key, item in value.items()]
        if any(isinstance(key, (list, dict)) for key, _ in pairs):
            return [list(pair) for pair in pairs]
        texts = {key if isinstance(key, str) else json.dumps(key): item for key, item in pairs}
        return texts if len(texts) == len(pairs) else [list(pair) for pair in pairs]
    raise NotLiteral(type(value).__name__)


def literal(node):
    """The value of a literal; `float("inf")` and `set()` are as good as one."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        arguments = [literal(argument) for argument in node.args]
        if node.func.id == "float" and len(arguments) == 1 and isinstance(arguments[0], str):
            return float(arguments[0])
        if node.func.id in ("set", "frozenset", "list", "tuple", "dict") and not arguments:
            return {"set": set, "frozenset": frozenset, "list": list, "tuple": tuple, "dict": dict}[node.func.id]()
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise NotLiteral() from None


def bound(arguments, call, skip):
    """A call's literal arguments by parameter name. Raises NotLiteral; LookupError where they don't fit."""
    positional = [a.arg for a in arguments.posonlyargs + arguments.args][skip:]
    named = set(positional) | {a.arg for a in arguments.kwonlyargs}
    given = {}
    for at, node in enumerate(call.args):
        if isinstance(node, ast.Starred):
            raise NotLiteral()
        value = to_json(literal(node))
        if at < len(positional):
            given[positional[at]] = value
        elif arguments.vararg is not None:
            given.setdefault(arguments.vararg.arg, []).append(value)
        else:
            raise LookupError("more arguments than parameters")
    for keyword in call.keywords:
        value = to_json(literal(keyword.value))
        if keyword.arg is None or (keyword.arg not in named and arguments.kwarg is None):
            raise LookupError("an argument without a parameter")
        given[keyword.arg] = value
    return given


def target(call, functions, classes):
    """(operation, its arguments by name) of a call. Raises NotLiteral, LookupError."""
    if isinstance(call.func, ast.Name) and call.func.id in functions:
        return call.func.id, bound(functions[call.func.id].args, call, 0)
    if isinstance(call.func, ast.Attribute):
        return method(call, classes)
    raise NotLiteral()


def method(call, classes):
    """The same for `Class(...).method(...)`, and `Class.method(...)` of a static or class method."""
    made = call.func.value
    owner = made.func if isinstance(made, ast.Call) else made
    if not isinstance(owner, ast.Name) or owner.id not in classes:
        raise NotLiteral()
    members = {node.name: node for node in classes[owner.id].body if isinstance(node, ast.FunctionDef)}
    found = members.get(call.func.attr)
    if found is None or call.func.attr.startswith("_"):
        raise NotLiteral()
    kinds = {getattr(decorator, "id", "") for decorator in found.decorator_list}
    given = bound(found.args, call, 0 if "staticmethod" in kinds else 1)
    name = "%s.%s" % (owner.id, call.func.attr)
    if kinds & {"staticmethod", "classmethod"}:
        return name, given
    if made is owner:
        raise NotLiteral()
    if "__init__" in members:
        own = bound(members["__init__"].args, made, 1)
    elif made.args or made.keywords:
        raise NotLiteral()
    else:
        own = {}
    first = (found.args.posonlyargs + found.args.args)[0].arg
    return name, {first: own, **given}


def stated(example):
    """{"value"} or {"exception": {type, message}} that an example states."""
    if example.exc_msg is not None:
        kind, _, message = example.exc_msg.strip("\n").partition(":")
        return {
            "exception": {
                "type": kind.strip(),
                "message": message.strip(),
                "ignored": bool(example.options.get(doctest.IGNORE_EXCEPTION_DETAIL)),
            }
        }
    if not example.want.strip():
        return {"value": None}
    try:
        tree = ast.parse(example.want.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        raise NotLiteral() from None
    return {"value": to_json(literal(tree)), "text": example.want}


def examples_of(tree, counts):
    """The examples of a file that count: {line, source, operation, input, and what is stated}."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    functions = {name: node for name, node in functions.items() if not name.startswith("_")}
    classes = {name: node for name, node in classes.items() if not name.startswith("_")}
    holders = [tree, *functions.values(), *classes.values()]
    for node in classes.values():
        holders += [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
    for holder in holders:
        text = ast.get_docstring(holder, clean=False)
        if not text or ">>>" not in text:
            continue
        start = holder.body[0].lineno
        try:
            examples = PARSER.get_examples(text)
        except ValueError:
            counts["not a doctest"] += 1
            continue
        for example in examples:
            counts["examples"] += 1
            if example.options.get(doctest.SKIP):
                continue
            try:
                call = ast.parse(example.source.strip(), mode="eval").body
                if not isinstance(call, ast.Call):
                    raise NotLiteral()
                operation, given = target(call, functions, classes)
                wanted = stated(example)
            except (NotLiteral, SyntaxError, ValueError):
                continue
            except LookupError:
                counts["arguments that no parameter takes"] += 1
                continue
            yield {
                "line": start + example.lineno,
                "source": example.source.strip(),
                "operation": operation,
                "input": json.dumps(given),
                **{key: json.dumps(value) if key == "value" else value for key, value in wanted.items()},
            }


def imports_of(tree):
    """(dotted names that a file imports absolutely, relative ones as (level, module))."""
    absolute, relative = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            absolute.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            if node.level:
                relative.add((node.level, node.module or ""))
                relative.update((node.level, (node.module + "." if node.module else "") + name) for name in names)
            else:
                absolute.add(node.module)
                absolute.update(node.module + "." + name for name in names)
    return absolute, relative


class Folder:
    """A collection: its files, and what each of them needs of the others."""

    def __init__(self, root):
        self.root = root
        self.trees = {}
        for folder, inner, names in os.walk(root):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            for name in sorted(names):
                if name.endswith(".py"):
                    path = os.path.relpath(os.path.join(folder, name), root)
                    self.trees[path] = self.parse(path)

    def parse(self, path):
        try:
            with open(os.path.join(self.root, path), "rb") as file:
                return ast.parse(file.read())
        except (SyntaxError, ValueError):
            return None

    def modules(self, path, name, level=0):
        """The files of the folder that an import in `path` reads: beside it, or from the root."""
        here = os.path.dirname(path)
        for _ in range(level - 1):
            here = os.path.dirname(here)
        for base in [here] if level else [here, ""]:
            stem = os.path.join(base, *name.split(".")) if name else base
            for candidate in (stem + ".py", os.path.join(stem, "__init__.py")):
                if candidate in self.trees and candidate != path:
                    return [candidate, *self.packages(candidate)]
        return []

    def packages(self, path):
        """The `__init__.py` files above a path."""
        while os.path.dirname(path):
            path = os.path.dirname(path)
            if os.path.join(path, "__init__.py") in self.trees:
                yield os.path.join(path, "__init__.py")

    def needs(self, entry):
        """(files of the folder that go with a file, top names of the modules it imports from elsewhere)."""
        files, outside, todo = set(), set(), [entry, *self.packages(entry)]
        while todo:
            path = todo.pop()
            if path in files:
                continue
            files.add(path)
            if self.trees[path] is None:
                continue
            absolute, relative = imports_of(self.trees[path])
            for name in absolute:
                found = self.modules(path, name)
                todo += found
                top = name.partition(".")[0]
                if not found and not self.modules(path, top) and top not in sys.stdlib_module_names:
                    if not os.path.isdir(os.path.join(self.root, top)):
                        outside.add(top)
            for level, name in relative:
                todo += self.modules(path, name, level)
        for folder in {os.path.dirname(entry)}:
            for name in sorted(os.listdir(os.path.join(self.root, folder))):
                path = os.path.join(folder, name)
                whole = os.path.join(self.root, path)
                if not name.startswith(".") and not name.endswith(".py") and os.path.isfile(whole):
                    if os.path.getsize(whole) <= BESIDE_BYTES:
                        files.add(path)
        return sorted(files), sorted(outside)


def main(root):
    folder = Folder(os.path.realpath(root))
    for path, tree in folder.trees.items():
        counts = {"examples": 0, "arguments that no parameter takes": 0, "not a doctest": 0}
        examples = [] if tree is None else list(examples_of(tree, counts))
        files, outside = folder.needs(path) if examples else ([], [])
        line = {"entry": path, "parsed": tree is not None, "counts": counts, "examples": examples}
        print(json.dumps({**line, "files": files, "imports": outside}))


if __name__ == "__main__":
    main(sys.argv[1])
