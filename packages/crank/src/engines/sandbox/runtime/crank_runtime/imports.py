"""What one module imports, and under what conditions: read from its syntax tree, without running any of it.

Kinds: ``required`` (at import), ``lazy`` (inside a function), ``optional`` (a missing one is caught, and the module goes
on without). What can never be imported here (`TYPE_CHECKING`, another version or platform) and alternatives of what is
there are left out.
"""

import ast
import os
import sys

_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_ENDS = {"exit", "quit", "sys.exit", "os._exit", "os.abort"}
_LOADERS = {"importlib.import_module", "import_module", "__import__", "pytest.importorskip"}


class Import:
    """``name``: dotted, as far as it is certain to be a module; ``members``: what may be modules of it, or attributes."""

    def __init__(self, name, members, level, line, kind):
        self.name, self.members, self.level, self.line, self.kind = name, members, level, line, kind


def imports_of(tree, is_there):
    """All imports of a module. ``is_there``: whether a top-level name is of the standard library or the source itself."""
    return _Reader(is_there).block(tree.body, "required")


class _Reader:
    def __init__(self, is_there):
        self.is_there = is_there

    def block(self, statements, kind):
        found = []
        for statement in statements:
            found.extend(self.statement(statement, kind))
        return found

    def statement(self, node, kind):
        if isinstance(node, ast.Import):
            return [Import(alias.name, [], 0, node.lineno, kind) for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            members = [alias.name for alias in node.names if alias.name != "*"]
            return [Import(node.module or "", members, node.level, node.lineno, kind)]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = "lazy" if kind == "required" else kind
            return self.expressions(node, kind) + self.block(node.body, inside)
        if isinstance(node, ast.If):
            known = verdict(node.test)
            found = self.expressions(node, kind)
            if known is not False:
                found += self.block(node.body, kind)
            if known is not True:
                found += self.block(node.orelse, kind)
            return found
        if isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            return self.attempt(node, kind)
        found = self.expressions(node, kind)
        for field in ("body", "orelse", "finalbody"):
            found += self.block(getattr(node, field, None) or [], kind)
        for case in getattr(node, "cases", ()):
            found += self.block(case.body, kind)
        return found

    def attempt(self, node, kind):
        rest = self.block(node.orelse, kind) + self.block(node.finalbody, kind)
        body = self.block(node.body, kind)
        handlers = [handler for handler in node.handlers if _catches_import(handler)]
        others = [handler for handler in node.handlers if not _catches_import(handler)]
        rest += [found for handler in others for found in self.block(handler.body, kind)]
        if not handlers:
            return body + rest
        instead = [found for handler in handlers for found in self.block(handler.body, kind)]
        if not body:
            return instead + rest
        missing = [found for found in body if not self.present(found)]
        if not missing:
            return body + rest
        absent = [found for found in instead if not self.present(found)]
        if instead and not absent:
            # The standard library, or a module of the source, takes its place.
            return [found for found in body if self.present(found)] + instead + rest
        if instead:
            chosen = instead if _all_known(absent) and not _all_known(missing) else body
            return chosen + rest
        if any(_gives_up(handler) for handler in handlers):
            return body + rest
        for found in missing:
            found.kind = "optional"
        return body + rest

    def present(self, found):
        return found.level > 0 or self.is_there(found.name.partition(".")[0])

    def expressions(self, node, kind):
        """Modules that are loaded by a call with their name as text, outside of nested blocks."""
        found = []
        for inner in _own_expressions(node):
            if isinstance(inner, ast.Call) and dotted(inner.func) in _LOADERS and inner.args:
                name = inner.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    level = len(name.value) - len(name.value.lstrip("."))
                    found.append(Import(name.value.lstrip("."), [], level, inner.lineno, kind))
        return found


def _own_expressions(node):
    blocks = ("body", "orelse", "finalbody", "handlers", "cases")
    for field, value in ast.iter_fields(node):
        if field in blocks and isinstance(value, list):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield from ast.walk(item)


def _catches_import(handler):
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any((dotted(one) or "").rpartition(".")[2] in _CAUGHT for one in types)


def _gives_up(handler):
    for statement in handler.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and dotted(node.func) in _ENDS):
                return True
    return False


def _all_known(found):
    from .distributions import distribution_of

    return all((distribution_of(one.name) or (None, False))[1] for one in found)


def dotted(node):
    """``a.b.c`` of a chain of names; None for anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def verdict(test):
    """What a condition on type checking, version or platform comes to here; None where only running tells."""
    name = dotted(test)
    if name is not None and name.rpartition(".")[2] == "TYPE_CHECKING":
        return False
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = verdict(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        all_of = [verdict(value) for value in test.values]
        decisive = isinstance(test.op, ast.Or)
        return decisive if decisive in all_of else None if None in all_of else not decisive
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = _value(test.left), _value(test.comparators[0])
        compare = _COMPARISONS.get(type(test.ops[0]))
        if compare is None or left is None or right is None:
            return None
        try:
            return compare(left, right)
        except TypeError:
            return None
    if isinstance(test, ast.Call) and dotted(test.func) == "sys.platform.startswith" and len(test.args) == 1:
        start = _value(test.args[0])
        return sys.platform.startswith(start) if isinstance(start, str) else None
    return None


_COMPARISONS = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
_HERE = {"sys.platform": sys.platform, "os.name": os.name, "sys.version_info.major": sys.version_info[0]}


def _value(node):
    name = dotted(node)
    if name == "sys.version_info":
        return tuple(sys.version_info[:3])
    if name in _HERE:
        return _HERE[name]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple) and all(isinstance(item, ast.Constant) for item in node.elts):
        return tuple(item.value for item in node.elts)
    if isinstance(node, ast.Subscript) and dotted(node.value) == "sys.version_info":
        at = node.slice
        if isinstance(at, ast.Constant) and isinstance(at.value, int) and 0 <= at.value < 3:
            return sys.version_info[at.value]
        if isinstance(at, ast.Slice) and at.lower is None and at.step is None and isinstance(at.upper, ast.Constant):
            return tuple(sys.version_info[: at.upper.value]) if isinstance(at.upper.value, int) else None
    if isinstance(node, ast.Call) and dotted(node.func) == "platform.system" and not node.args:
        return "Linux"
    return None
