"""One deployed module: loaded once in the zygote, described, and called in its children."""

from . import jsontext
from .context import wrap
from .docstrings import summary
from .errors import InvalidInput
from .loading import load
from .operations import discover
from .results import answer
from .tracebacks import format_exception


class Service:
    """A module and its operations."""

    def __init__(self, code_dir, entry, module, operations, findings):
        self.code_dir = code_dir
        self.entry = entry
        self.module = module
        self.operations = operations
        self._findings = findings

    @staticmethod
    def load(code_dir, entry):
        """Imports `entry` (a path within `code_dir`) and compiles its operations. Raises LoadError."""
        code_dir = code_dir.rstrip("/") or "/"
        module, tree, path = load(code_dir, entry)
        operations, findings = discover(module, tree, path, entry)
        if any(operation.is_async for operation in operations.values()):
            import asyncio  # noqa: F401 - imported here once, so that no call pays for it
        return Service(code_dir, entry, module, operations, findings)

    def describe(self):
        """`{description, operations, findings}`: what packaging makes a manifest from."""
        operations = [operation.describe() for operation in self.operations.values()]
        return {
            "description": summary(self.module.__doc__),
            "operations": operations,
            "findings": _distinct(self._findings),
        }

    def call(self, operation, input, context, files):
        """Runs one operation.

        `input`: JSON text of the arguments object. `context`: JSON text `{"policies": ..., "context": ...}`.
        `files`: (parameter, file name, path inside the sandbox).
        Gives ("value", json) | ("file", path, name, content type) | ("bytes", data, name, content type)
        | ("stream", iterator of json). Raises InvalidInput, InvalidOutput, and whatever the user's code raises.
        """
        found = self.operations.get(operation)
        if found is None:
            raise InvalidInput("there is no operation %s" % operation)
        signature = found.signature
        arguments = jsontext.parse(input, exact=signature.exact)
        if files:
            signature.add_files(arguments, files)
        positional, named = signature.bind(arguments)
        if signature.platform:
            given = jsontext.parse(context)
            for name in signature.platform:
                value = given.get(name)
                named[name] = wrap(value if value is not None else {})
        return answer(found, found.function(*positional, **named))

    def format_exception(self, exc):
        """`{type, message, traceback}` of what the user's code raised, without our own frames."""
        return format_exception(exc, self.code_dir, self.module.__name__)


def _distinct(findings):
    seen, kept = set(), []
    for found in findings:
        key = (found["message"], found.get("line"))
        if key not in seen:
            seen.add(key)
            kept.append(found)
    return kept
