"""Notebooks (nbformat 4): the parameters cell gives the input, the last value and what is displayed the output."""

import _ast
import builtins
import json
import os
import sys
from types import ModuleType

from ..errors import InvalidOutput, LoadError, finding
from ..schema import showable
from .command import FILE, Param, plain
from .files_named import role

_KEPT_MAGICS = ("time", "timeit", "capture", "prun", "python", "python3")


def _cells(source, entry):
    """The code cells as (text, tags). Raises LoadError."""
    try:
        document = json.loads(source.decode("utf-8-sig"))
        cells = document["cells"]
        return [
            (_text(cell["source"]), cell.get("metadata", {}).get("tags", ()))
            for cell in cells
            if cell.get("cell_type") == "code"
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        message = "is not a notebook that can be read"
        raise LoadError([finding("error", entry, message, "Save it as a notebook of format 4 (Jupyter 3 or later).")]) from None


def _text(source):
    return source if isinstance(source, str) else "".join(source)


def _python(text):
    """A cell without what only IPython understands: magics, shell commands, help."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%"):
        if first[2:].split(" ")[0].strip() not in _KEPT_MAGICS:
            return ""
        lines = [line for line in lines if line is not first]
    try:
        compile("\n".join(lines), "cell", "exec", _ast.PyCF_ONLY_AST)
        return "\n".join(lines)
    except (SyntaxError, ValueError):
        return "\n".join(_plain_line(line) for line in lines)


def _plain_line(line):
    bare = line.lstrip()
    indent = line[: len(line) - len(bare)]
    if bare.startswith(("%time ", "%timeit ")):
        return indent + bare.split(" ", 1)[1]
    is_foreign = bare.startswith(("%", "!", "?")) or bare.rstrip().endswith("?")
    return indent + "pass" if is_foreign else line


def title(source):
    """The first text of a notebook's first cell of text."""
    for cell in json.loads(source.decode("utf-8-sig")).get("cells", ()):
        if cell.get("cell_type") == "markdown":
            lines = [line.strip("# ").strip() for line in _text(cell["source"]).splitlines()]
            return next((line for line in lines if line), "")
    return ""


def source_of(source, entry):
    """One Python source of all cells, for all that reads sources."""
    return "\n\n".join(_python(text) for text, _ in _cells(source, entry)).encode("utf-8")


class Notebook:
    """The program of a notebook: cells that run one after the other in one namespace."""

    points = {}
    at_work = False

    def __init__(self, code_dir, entry):
        self.code_dir = code_dir
        self.entry = entry
        self.code = True
        path = os.path.join(code_dir, entry)
        with open(path, "rb") as file:
            source = file.read()
        self.title = title(source)
        cells = [(_python(text), tags) for text, tags in _cells(source, entry)]
        trees = [compile(text, path, "exec", _ast.PyCF_ONLY_AST, dont_inherit=True) for text, _ in cells]
        self.parameters_at = _parameters_at(cells, trees)
        self.parameters = _parameters(trees[self.parameters_at]) if self.parameters_at is not None else {}
        self.cells = [_split(text, tree, path) for (text, _), tree in zip(cells, trees)]

    def params(self, evidence):
        """The Params of the parameters cell."""
        return [_param(name, value, evidence) for name, value in self.parameters.items()]

    def execute(self, given, shown):
        """Runs the cells. `given`: values of parameters by name. What is displayed goes to `shown`. Gives the last
        value."""
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        names = vars(module)
        names["__builtins__"] = builtins
        os.environ.setdefault("MPLBACKEND", "Agg")
        provide(shown)
        names["display"] = shown.display
        last = None
        if self.parameters_at is None:
            names.update(given)
        for at, (body, value) in enumerate(self.cells):
            if body is not None:
                exec(body, names)  # noqa: S102 - this is what we are for
            if at == self.parameters_at:
                names.update(given)
            is_last = at == len(self.cells) - 1
            if value is not None:
                last = eval(value, names)  # noqa: S307
                if last is not None:
                    names["_"] = last
                if last is not None and not is_last:
                    shown.display(last)
            elif is_last:
                last = None
            shown.figures()
        return last


def _parameters_at(cells, trees):
    """The cell tagged `parameters`, else the first one where it does nothing but name constants."""
    for at, (_, tags) in enumerate(cells):
        if "parameters" in tags:
            return at
    for at, tree in enumerate(trees):
        if tree.body:
            named = _parameters(tree)
            return at if named and len(named) == len(tree.body) else None
    return None


def _parameters(tree):
    found = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, _ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, _ast.AnnAssign) else target
        if not isinstance(target, _ast.Name) or getattr(node, "value", None) is None:
            continue
        try:
            found[target.id] = _constant(node.value)
        except ValueError:
            continue  # made by code: not for callers
    return found


def _constant(node):
    if isinstance(node, _ast.Constant) and plain(node.value):
        return node.value
    if isinstance(node, _ast.UnaryOp) and isinstance(node.op, _ast.USub):
        return -_constant(node.operand)
    if isinstance(node, (_ast.List, _ast.Tuple)):
        return [_constant(item) for item in node.elts]
    if isinstance(node, _ast.Dict) and None not in node.keys:
        return {str(_constant(key)): _constant(value) for key, value in zip(node.keys, node.values)}
    raise ValueError


def _param(name, value, evidence):
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    schema = {"type": kinds[type(value)]} if type(value) in kinds else {}
    file = type(value) is str and role(name, None, "", [], evidence) == "in"
    if file:
        schema = {"anyOf": [FILE, {"type": "string"}]}
    made = Param(name, schema, {"kind": "variable", "file": file}, file=file)
    if value is not None and showable(value):
        made.schema["default"] = value
    return made


def _split(text, tree, path):
    """(code of the statements, code of the last expression): either may be None."""
    body, last = list(tree.body), None
    if body and isinstance(body[-1], _ast.Expr) and not text.rstrip().endswith(";"):
        last = _ast.Expression(body.pop().value)
    module = _ast.Module(body, [])
    return (
        compile(module, path, "exec", dont_inherit=True) if body else None,
        compile(last, path, "eval", dont_inherit=True) if last is not None else None,
    )


class Shown:
    """What a notebook displays, as bundles of representations by content type."""

    def __init__(self):
        self.bundles = []

    def display(self, *values, **_):
        self.bundles += [bundle(value) for value in values]

    def figures(self):
        """Shows matplotlib's open figures, as notebooks do at the end of a cell."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        for number in pyplot.get_fignums() if pyplot is not None else ():
            self.display(pyplot.figure(number))
            pyplot.close(number)


_WAYS = (("_repr_html_", "text/html"), ("_repr_markdown_", "text/markdown"), ("_repr_svg_", "image/svg+xml"))
_WAYS += (("_repr_latex_", "text/latex"), ("_repr_json_", "application/json"))


def bundle(value):
    """The representations of a value by content type; pictures in base64."""
    made = {"text/plain": repr(value)}
    for method, kind in _WAYS:
        show = getattr(value, method, None)
        text = show() if callable(show) and not isinstance(value, type) else None
        if isinstance(text, (str, dict, list)):
            made[kind] = text
    picture = _picture(value)
    if picture is not None:
        import binascii

        made["image/png"] = binascii.b2a_base64(picture, newline=False).decode("ascii")
    return made


def _picture(value):
    show = getattr(value, "_repr_png_", None)
    data = show() if callable(show) and not isinstance(value, type) else None
    if isinstance(data, bytes):
        return data
    if type(value).__module__.partition(".")[0] == "matplotlib" and hasattr(value, "savefig"):
        import io

        buffer = io.BytesIO()
        value.savefig(buffer, format="png", bbox_inches="tight")
        return buffer.getvalue()
    return None


class _Marked:
    """HTML("..."), Markdown("...") where IPython is not installed."""

    kind = ""

    def __init__(self, data=None, *_, **__):
        self.data = data

    def __repr__(self):
        return "<%s>" % type(self).__name__


def provide(shown):
    """`IPython.display`, as far as notebooks that only display things need it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.show = lambda *_, **__: shown.figures()
    try:
        import IPython.display as module

        module.display = shown.display
        return
    except ImportError:
        pass  # most notebooks need no more of it than what follows
    package, module = ModuleType("IPython"), ModuleType("IPython.display")
    package.display, package.__path__ = module, []
    package.get_ipython = lambda: None
    module.display = shown.display
    module.clear_output = lambda *_, **__: None
    for name, method in (("HTML", "_repr_html_"), ("Markdown", "_repr_markdown_"), ("SVG", "_repr_svg_"),
                         ("Latex", "_repr_latex_"), ("JSON", "_repr_json_")):  # fmt: skip
        setattr(module, name, type(name, (_Marked,), {method: lambda self: self.data}))
    sys.modules.update({"IPython": package, "IPython.display": module})


def value_of(value):
    """JSON text of the last value: itself where JSON has it, else what it is as text."""
    from ..values import to_json

    try:
        return to_json(value)
    except InvalidOutput:
        return json.dumps(repr(value)).encode("utf-8")
