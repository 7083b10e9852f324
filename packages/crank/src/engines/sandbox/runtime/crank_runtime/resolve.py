"""Annotations as their authors wrote them: strings, names that aren't there yet, both before and after Python 3.14."""

import _ast
import sys

_OLD_UNIONS = sys.version_info < (3, 10)


class Unresolvable(Exception):
    """An annotation that names what isn't there at run time."""


def annotations_of(thing):
    """The annotations of a function or class (its own only) by name; values may be strings. Never raises."""
    try:
        if isinstance(thing, type) and sys.version_info < (3, 10):
            return dict(thing.__dict__.get("__annotations__") or {})
        found = thing.__annotations__
        if isinstance(thing, type) and sys.version_info < (3, 14) and "__annotations__" not in thing.__dict__:
            return {}
        return dict(found or {})
    except AttributeError:
        return {}
    except Exception:  # Python 3.14 evaluates only now, and meets names that aren't there
        import annotationlib

        return dict(annotationlib.get_annotations(thing, format=annotationlib.Format.FORWARDREF))


def evaluate(text, module_globals, names):
    """The object that an annotation's text stands for. Raises Unresolvable."""
    try:
        if _OLD_UNIONS and "|" in text:
            return eval(_modern(text), dict(module_globals, __crank_union__=_union()), names)
        return eval(text, module_globals, names)
    except Exception as error:  # the text is the user's: anything may come of it
        raise Unresolvable("%s: %s" % (type(error).__name__, error)) from None


def _union():
    import typing

    return typing.Union


def _modern(text):
    """Python 3.9: `X | Y` as `Union[X, Y]`, in the text's syntax tree."""
    tree = compile(text, "<annotation>", "eval", 0x400)  # PyCF_ONLY_AST

    def rewrite(node):
        for name in node._fields:
            child = getattr(node, name, None)
            if isinstance(child, list):
                setattr(node, name, [rewrite(part) if isinstance(part, _ast.AST) else part for part in child])
            elif isinstance(child, _ast.AST):
                setattr(node, name, rewrite(child))
        if isinstance(node, _ast.BinOp) and isinstance(node.op, _ast.BitOr):
            at = {"lineno": node.lineno, "col_offset": node.col_offset}
            union = _ast.Name(id="__crank_union__", ctx=_ast.Load(), **at)
            pair = _ast.Tuple(elts=[node.left, node.right], ctx=_ast.Load(), **at)
            return _ast.Subscript(value=union, slice=pair, ctx=_ast.Load(), **at)
        return node

    return compile(rewrite(tree), "<annotation>", "eval")
