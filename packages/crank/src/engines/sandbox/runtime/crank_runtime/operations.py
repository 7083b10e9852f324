"""Which functions of a module are operations, and what each of them takes and gives."""

import _ast
import os

from . import methods, signature
from .annotations import Compiler, Inexpressible
from .constraints import is_content_type
from .docstrings import parse, summary
from .errors import finding
from .fields import form_name
from .files import file_result_schema
from .resolve import Unresolvable, annotations_of, evaluate
from .scalars import AnyDecoder, Float, Int
from .schema import Definitions, fits

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # inspect.CO_*
_PLATFORM_NAMES = ("policies", "context")
_STREAMS = frozenset(("Iterator", "Generator", "AsyncIterator", "AsyncGenerator", "AsyncIterable"))
_DEFINITIONS = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef)


_FIX = "Annotate it with a type that JSON can carry, or leave it as it is."
_FIX_FUNCTION = "Give that parameter a default or a type that JSON can carry, or write a function that fills it in."
_FIX_CLASS = "Write a function that makes the object out of plain values and calls it."


class Definition:
    """A top-level `def` or `class` of the entry file. `options`: of its `@crank_service`; None where it has none."""

    __slots__ = ("name", "line", "options")

    def __init__(self, name, line, options):
        self.name = name
        self.line = line
        self.options = options


class Operation:
    """A function that callers may call."""

    __slots__ = (
        "by_repr", "content_type", "counts", "description", "function", "is_async", "line", "name", "result",
        "returns", "secrets", "shown", "signature", "workspaces",
    )  # fmt: skip

    def describe(self):
        """The operation as the gateway wants it (core/service.ts, Operation)."""
        inward, outward = Definitions(), Definitions(output=True)
        # A request's body is an object: what else the type of a whole body may be, nobody can send.
        taken = dict(inward.document(self.signature.schema(inward)), type="object")
        given = outward.document(self._output(outward))
        described = {
            "name": self.name,
            "description": self.description,
            # What is too much for the gateway is checked by the decoder alone.
            "input": taken if fits(taken) else _outline(taken),
            "output": given if fits(given) else {},
            "result": self.result,
            "files": list(self.signature.files),
            "line": self.line,
        }
        if self.content_type:
            described["contentType"] = self.content_type
        if self.secrets:
            described["secrets"] = self.secrets
        if self.workspaces:
            described["workspaces"] = self.workspaces
        return described

    def _output(self, defs):
        return file_result_schema(defs) if self.result == "file" else self.returns.schema(defs)


def _outline(schema):
    """An object schema without what its properties are."""
    outline = {"type": "object", "properties": {name: {} for name in schema.get("properties", ())}}
    if "required" in schema:
        outline["required"] = schema["required"]
    if schema.get("additionalProperties") is False:
        outline["additionalProperties"] = False
    return outline


def definitions(tree):
    """What a module defines at the top level, `if` and `try` included; the last of a name counts."""
    found = {}
    todo = list(reversed(tree.body))
    while todo:
        node = todo.pop()
        if isinstance(node, _DEFINITIONS):
            found.pop(node.name, None)
            found[node.name] = Definition(node.name, node.lineno, _options(node.decorator_list))
        elif isinstance(node, (_ast.If, _ast.Try, _ast.With)):
            if isinstance(node, _ast.If) and _is_main_guard(node.test):
                continue
            blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
            blocks += [handler.body for handler in getattr(node, "handlers", [])]
            todo.extend(reversed([child for block in blocks for child in block]))
    return list(found.values())


def _is_main_guard(test):
    return isinstance(test, _ast.Compare) and getattr(test.left, "id", "") == "__name__"


def _options(decorators):
    """The options of `@crank_service`, bare, called or as an attribute of `crank_platform`; None without it."""
    for decorator in decorators:
        call = decorator if isinstance(decorator, _ast.Call) else None
        target = call.func if call else decorator
        if "crank_service" in (getattr(target, "id", None), getattr(target, "attr", None)):
            keywords = call.keywords if call else ()
            return {k.arg: k.value.value for k in keywords if k.arg and isinstance(k.value, _ast.Constant)}
    return None


def underlying(value, name, file):
    """The function behind a value: through `functools.wraps`, or out of a plain wrapper's closure; or None."""
    seen = set()
    while hasattr(value, "__wrapped__") and id(value) not in seen:
        seen.add(id(value))
        value = value.__wrapped__
    code = getattr(value, "__code__", None)
    if code is None or not hasattr(value, "__globals__"):
        return None
    if code.co_name == name and code.co_filename == file:
        return value
    for cell in value.__closure__ or ():
        try:
            inner = cell.cell_contents
        except ValueError:  # a cell that is still empty
            continue
        inner_code = getattr(inner, "__code__", None)
        if inner_code is not None and inner_code.co_name == name and inner_code.co_filename == file:
            return inner
    return value


def discover(module, tree, file, entry):
    """The operations of a module, and what there is to say about the others: (operations by name, findings)."""
    findings, operations = [], {}
    chosen = _chosen(module, definitions(tree), file)

    def note(message):
        findings.append(finding("warning", entry, message, "Use a type that can be resolved at import."))

    compiler = Compiler(note)
    compiler.examples = _examples(tree)
    for definition, value, function, options in chosen:

        def warn(message, fix=_FIX, line=definition.line, name=definition.name):
            findings.append(finding("warning", entry, "%s: %s" % (name, message), fix, line))

        for operation in _offered(definition, value, function, options, file, compiler, warn):
            if operation.name in operations:
                warn('a second operation named "%s"; the first is kept' % operation.name)
                continue
            operations[operation.name] = operation
    if not operations:
        message = "no public function: there is nothing to call in %s" % os.path.basename(entry)
        fix = "Define a function at the top level, without a leading underscore, whose parameters JSON can carry."
        findings.append(finding("error", entry, message, fix))
    return operations, findings


def _offered(definition, value, function, options, file, compiler, warn):
    """The operation of a function, or those of a class's methods."""
    if isinstance(value, type):
        yield from _methods(definition, value, options, file, compiler, warn)
        return
    if function is None:
        warn("is a %s, whose parameters cannot be read; it is not offered" % type(value).__name__)
        return
    try:
        operation = _operation(definition, value, function, options, compiler, warn)
    except Inexpressible as error:
        warn("%s; the function is not offered from outside" % error, _FIX_FUNCTION)
        return
    yield operation


def _methods(definition, cls, options, file, compiler, warn):
    maker, left = None, []
    try:
        maker = methods.constructor(cls, file, compiler, warn)
    except Inexpressible as error:
        reason = error
    for method in methods.methods_of(cls, file):
        name = "%s.%s" % (definition.name, method.name)
        if method.of_object and maker is None:
            left.append(method.name)
            continue
        at = Definition(name, method.line, None)

        def note(message, fix=_FIX, line=method.line, name=name):
            warn(message, fix, line, name)

        try:
            operation = _operation(at, method.value, method.function, None, compiler, note, method.hidden)
        except Inexpressible as error:
            note("%s; the method is not offered from outside" % error, _FIX_FUNCTION)
            continue
        operation.signature = methods.with_object(operation.signature, method, maker)
        operation.secrets = _secrets(options)
        operation.workspaces = _workspaces(options)
        if options and options.get("name"):
            operation.name = "%s.%s" % (options["name"], method.name)
        yield operation
    if left:
        warn("no object of the class can be made (%s); left out: %s" % (reason, ", ".join(left)), _FIX_CLASS)


def _chosen(module, found, file):
    """(definition, value, function, options) of what is offered: what is decorated, or else all that is public."""
    all_of_them = []
    for definition in found:
        value = vars(module).get(definition.name)
        if not callable(value) or (isinstance(value, type) and not methods.has_methods(value, file)):
            continue
        options = definition.options
        function = None if isinstance(value, type) else underlying(value, definition.name, file)
        marked = getattr(value, "__crank_service__", None) or getattr(function, "__crank_service__", None)
        if isinstance(marked, dict):
            options = dict(options or {}, **{key: text for key, text in marked.items() if text})
        all_of_them.append((definition, value, function, options))
    decorated = [item for item in all_of_them if item[3] is not None]
    if decorated:
        return decorated
    public = getattr(module, "__all__", None)
    names = set(public) if isinstance(public, (list, tuple)) else None
    listed = [item for item in all_of_them if not item[0].name.startswith("_")]
    exported = [item for item in listed if names is not None and item[0].name in names]
    # `__all__` says what is public, where it names anything at all that could be offered.
    return exported or listed


def _operation(definition, value, function, options, compiler, warn, hidden=frozenset()):
    """`hidden`: names of parameters that nobody outside may fill, a method's first one."""
    operation = Operation()
    operation.name = str((options or {}).get("name") or definition.name)
    if not operation.name.isascii():
        raise Inexpressible("has a name that is not ASCII")
    operation.function = value
    operation.line = definition.line
    operation.secrets = _secrets(options)
    operation.workspaces = _workspaces(options)
    doc = getattr(value, "__doc__", None) or function.__doc__
    operation.description, described = parse(doc)
    if not operation.description:
        operation.description = summary(doc)
    names = function.__code__.co_varnames[: function.__code__.co_argcount + function.__code__.co_kwonlyargcount]
    platform = _platform_names(function, names, options is not None)
    classic = (options is not None or bool(platform)) and not hidden
    found = compiler.examples.of(definition.name)
    operation.signature = signature.read(function, described, compiler, platform | hidden, classic, warn, found)
    operation.is_async = bool(function.__code__.co_flags & (_COROUTINE | _ASYNC_GENERATOR))
    _result(operation, function, (options or {}).get("content_type"), compiler, warn)
    if found and operation.result == "json" and not isinstance(operation.returns, AnyDecoder):
        from . import shown

        operation.returns = shown.widened_result(operation.returns, found, warn)
    operation.shown = bool(found)
    # Where the docstring shows the result as a literal, an object that has no JSON form may be what its repr() says.
    operation.by_repr = any(example.result for example in found)
    # A bool is an int in Python: where a number is declared, it is written as one.
    operation.counts = type(operation.returns) in (Int, Float)
    return operation


def _workspaces(options):
    """The same of workspaces: modes by name."""
    asked = (options or {}).get("workspaces")
    return {str(name): str(mode) for name, mode in asked.items()} if isinstance(asked, dict) else asked and str(asked)


def _secrets(options):
    """What JSON can say of the secrets asked for; the gateway says whether they can be."""
    asked = (options or {}).get("secrets")
    if isinstance(asked, dict):
        return {str(variable): str(name) for variable, name in asked.items()}
    return [str(name) for name in asked] if isinstance(asked, (list, tuple, set)) else asked and str(asked)


class _NoExamples:
    """Of a module whose docstrings have none."""

    def of(self, name):
        return ()


def _examples(tree):
    texts = (getattr(getattr(node, "value", None), "value", "") for node in _first_lines(tree))
    if not any(isinstance(text, str) and ">>>" in text for text in texts):
        return _NoExamples()
    from .examples import Examples  # few scripts have any

    return Examples(tree)


def _first_lines(node):
    """The first statement of a module, and of all its functions, classes and methods."""
    if node.body:
        yield node.body[0]
    for child in node.body:
        if isinstance(child, _DEFINITIONS):
            yield from _first_lines(child)


def _platform_names(function, names, decorated):
    """The parameters that the platform fills: `policies` and `context` of a decorated or classic function.

    Elsewhere a `context` is the script's own, as in `answer(question, context)`, unless it is annotated as ours.
    """
    ours = [name for name in _PLATFORM_NAMES if name in names]
    if decorated or (ours and "input_data" in names) or len(ours) == 2:
        return frozenset(ours)
    annotation = annotations_of(function).get("context")
    if isinstance(annotation, str):
        try:
            annotation = evaluate(annotation, *signature.scope_of(function))
        except Unresolvable:
            return frozenset()
    package = getattr(annotation, "__module__", "").partition(".")[0]
    is_ours = package == "crank_platform" and annotation.__qualname__ == "Context"
    return frozenset(ours) if is_ours else frozenset()


def _result(operation, function, content_type, compiler, warn):
    """What the function gives: from its return annotation, and from being a generator."""
    flags = function.__code__.co_flags
    generates = flags & (_GENERATOR | _ASYNC_GENERATOR) and not _manages(operation.function)
    operation.content_type = content_type if is_content_type(content_type) else None
    operation.result = "stream" if generates else "file" if operation.content_type else "json"
    operation.returns = AnyDecoder()
    annotations, scope = annotations_of(function), signature.scope_of(function)
    if "return" not in annotations:
        return
    try:
        annotation = annotations["return"]
        if isinstance(annotation, str):
            annotation = evaluate(annotation, *scope)
        origin = form_name(getattr(annotation, "__origin__", annotation))
        arguments = getattr(annotation, "__args__", None) or (object,)
        if origin in _STREAMS and _manages(operation.function):
            annotation = arguments[0]
        elif generates or origin in _STREAMS:
            operation.result = "stream"
            annotation = arguments[0] if origin in _STREAMS or origin == "Iterable" else object
        operation.returns = compiler.decoder(annotation, scope)
    except Unresolvable as error:
        warn("the return annotation cannot be resolved (%s); any result is taken" % error)
        return
    except Inexpressible:
        return  # the value decides: invalid-output names its type
    if operation.result == "json":
        _file_result(operation, annotation)


def _manages(value):
    """Whether `contextlib.contextmanager` made this function: it is entered, and what it gives then is the result."""
    code = getattr(value, "__code__", None)
    return code is not None and os.path.basename(code.co_filename) == "contextlib.py"


def _file_result(operation, annotation):
    for extra in getattr(annotation, "__metadata__", ()):
        if is_content_type(extra) and operation.content_type is None:
            operation.content_type = extra
    bare = getattr(annotation, "__origin__", annotation) if hasattr(annotation, "__metadata__") else annotation
    name = (getattr(bare, "__module__", "").partition(".")[0], getattr(bare, "__qualname__", ""))
    is_path = name in (("pathlib", "Path"), ("pathlib", "PosixPath"))
    is_picture = name in (("PIL", "Image"), ("matplotlib", "Figure"))
    if is_picture and operation.content_type is None:
        operation.content_type = "image/png"
    if is_path or is_picture or (operation.content_type and bare in (bytes, bytearray, memoryview, str)):
        operation.result = "file"
