"""The worked examples (doctest's `>>>`) in a module's docstrings: which calls they make, and what they state."""

import _ast
import re

_MOST_EXAMPLES, _MOST_CHARACTERS = 60, 4000  # of one docstring, and of one example
_PROMPT = re.compile(r"(\s*)>>> (.*)")
_RAISED = re.compile(r"([A-Za-z_][\w.]*)(?::|$)")
_HOLDERS = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)
_EMPTY = {"set": set, "frozenset": frozenset, "list": list, "tuple": tuple, "dict": dict}


class Example:
    """One call in a docstring. `positional`, `named`: its literal arguments. `raises`: the exception it ends with.

    `result`: the literal that is stated for it, in a list; empty where there is none.
    """

    __slots__ = ("positional", "named", "raises", "result")

    def __init__(self, positional, named, raises, result):
        self.positional = positional
        self.named = named
        self.raises = raises
        self.result = result


class NotLiteral(Exception):
    """A text that is no literal, or too long for one."""


class Examples:
    """All calls with literal arguments in the docstrings of a module, by the name that is called."""

    def __init__(self, tree):
        self._plain = {}
        self._of_objects = {}
        todo = [tree]
        while todo:
            node = todo.pop()
            todo.extend(child for child in node.body if isinstance(child, _HOLDERS))
            first = node.body[0] if node.body else None
            text = getattr(getattr(first, "value", None), "value", None) if isinstance(first, _ast.Expr) else None
            if isinstance(text, str) and ">>>" in text:
                self._read(text)

    def of(self, name):
        """Those of a function `f` or class `C`; of a method `C.f`, on whatever object."""
        owner, _, last = name.rpartition(".")
        return (self._of_objects if owner else self._plain).get(last, ())

    def _read(self, text):
        lines, at, number = text.splitlines(), 0, 0
        while at < len(lines) and number < _MOST_EXAMPLES:
            prompt = _PROMPT.match(lines[at])
            at += 1
            if prompt is None:
                continue
            number += 1
            margin, source = len(prompt.group(1)), [prompt.group(2)]
            while at < len(lines) and lines[at][margin:].startswith("..."):
                source.append(lines[at][margin + 4 :])
                at += 1
            stated = []
            for line in lines[at:]:
                if not line.strip() or line[margin:].startswith(">>>"):
                    break
                stated.append(line[margin:])
            self._calls("\n".join(source), stated)

    def _calls(self, source, stated):
        try:
            body = _parse(source, "exec").body
        except NotLiteral:
            return
        raises = _raised(stated)
        todo = list(body)
        while todo:
            node = todo.pop()
            todo.extend(_parts(node))
            if type(node) is not _ast.Call:
                continue
            whole = len(body) == 1 and getattr(body[0], "value", None) is node and type(body[0]) is _ast.Expr
            try:
                positional = [_literal(part) for part in node.args]
                named = {word.arg: _literal(word.value) for word in node.keywords}
            except (NotLiteral, RecursionError):
                continue
            result = _result("\n".join(stated)) if whole and raises is None else []
            called = node.func
            if type(called) in (_ast.Name, _ast.Attribute):
                known, name = (self._plain, called.id) if type(called) is _ast.Name else (self._of_objects, called.attr)
                known.setdefault(name, []).append(Example(positional, named, raises, result))


def _parts(node):
    for name in node._fields:
        part = getattr(node, name, None)
        for child in part if isinstance(part, list) else (part,):
            if isinstance(child, _ast.AST):
                yield child


def _parse(source, mode):
    if len(source) > _MOST_CHARACTERS:
        raise NotLiteral
    try:
        return compile(source.strip(), "<example>", mode, 0x400, dont_inherit=True)  # PyCF_ONLY_AST
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise NotLiteral from None


def _raised(stated):
    """The name of the exception that is stated; None where there is none."""
    if not stated or not stated[0].startswith("Traceback ("):
        return None
    for line in stated[1:]:
        found = _RAISED.match(line)
        if found:
            return found.group(1)
    return "an exception"


def _result(stated):
    try:
        return [literal(stated)] if stated else []
    except NotLiteral:
        return []


def literal(text):
    """The value of a Python literal. Raises NotLiteral."""
    try:
        return _literal(_parse(text, "eval").body)
    except RecursionError:
        raise NotLiteral from None


def _literal(node):
    kind = type(node)
    if kind is _ast.Constant and node.value is not Ellipsis:
        return node.value
    try:
        if kind is _ast.List:
            return [_literal(part) for part in node.elts]
        if kind is _ast.Tuple:
            return tuple(_literal(part) for part in node.elts)
        if kind is _ast.Set:
            return {_literal(part) for part in node.elts}
        if kind is _ast.Dict and None not in node.keys:
            return {_literal(key): _literal(part) for key, part in zip(node.keys, node.values)}
        if kind is _ast.UnaryOp and isinstance(node.op, (_ast.USub, _ast.UAdd)):
            value = _literal(node.operand)
            return -value if isinstance(node.op, _ast.USub) else +value
        if kind is _ast.BinOp and isinstance(node.op, (_ast.Add, _ast.Sub)):
            one, other = _literal(node.left), _literal(node.right)
            if isinstance(other, complex) and isinstance(one, (int, float)):
                return one + other if isinstance(node.op, _ast.Add) else one - other
        if kind is _ast.Call and isinstance(node.func, _ast.Name) and not node.keywords:
            given = [_literal(part) for part in node.args]
            if not given and node.func.id in _EMPTY:
                return _EMPTY[node.func.id]()
            if node.func.id == "float" and len(given) == 1 and isinstance(given[0], str):
                return float(given[0])
    except (TypeError, ValueError):  # an unhashable key, the negative of a string
        pass
    raise NotLiteral
