"""One deployed module: loaded once in the zygote, described, and called in its children."""

from . import jsontext, secrets, tracing, workspaces
from .channel import running
from .context import wrap
from .docstrings import summary
from .errors import InvalidInput
from .loading import load
from .operations import discover
from .results import answer
from .tracebacks import format_exception


class Service:
    """A module and its operations. `module` is None where only a command line is offered."""

    by_data = False  # how the memory of its calls is bounded (isolate.confine)
    stays = True  # whether something of it is there between the calls of a warm process

    def __init__(self, code_dir, entry, module, operations, findings, script=None):
        self.code_dir = code_dir
        self.entry = entry
        self.module = module
        self.operations = operations
        self.script = script  # its command line, where it has one
        self.limits = None  # of the running call
        self.data = ()  # files of the version that calls find in their work folder
        self._findings = findings

    @staticmethod
    def load(code_dir, entry):
        """Imports `entry` (a path within `code_dir`) and compiles its operations. Raises LoadError."""
        code_dir = code_dir.rstrip("/") or "/"
        if entry.endswith(".onnx"):
            from .model.service import load as load_model

            return load_model(code_dir, entry)
        if entry == ".crank/command.json":
            from .command.service import load as load_command

            return load_command(code_dir)
        if entry.endswith((".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")):
            from .node.service import load as load_node

            return load_node(code_dir, entry)
        loaded = load(code_dir, entry)
        script = loaded.script
        operations, findings = {}, []
        if loaded.module is not None:
            operations, findings = discover(loaded.module, loaded.tree, loaded.path, entry)
        findings += loaded.findings
        if script is not None:
            operations = script.without_its_own(operations)
        if any(operation.is_async for operation in operations.values()):
            import asyncio  # noqa: F401 - imported here once, so that no call pays for it
        return Service(code_dir, entry, loaded.module, operations, findings, script)

    def accompany(self, limits, filter_program):
        """Starts the program that the next call's process works with, where there is one: its pid, or 0. The slot calls
        it, which ends that program with the call and counts what it used."""
        return 0

    def explain(self, status, said):
        """Why that program ended by itself, as the code and detail of a failure, where its wait status and what it wrote to
        stderr tell more than others' do; None otherwise."""
        return None

    def used(self):
        """What that program has used: CPU nanoseconds, peak resident bytes."""
        return 0, 0

    def describe(self):
        """`{description, operations, findings}`: what packaging makes a manifest from."""
        operations, commands, more = self.operations, [], []
        if self.script is not None:
            commands, dropped, more = self.script.describe(operations)
            operations = {name: one for name, one in operations.items() if name not in dropped}
        described = [operation.describe() for operation in operations.values()]
        findings = [*self._findings, *more]  # describing may have added to them
        if self.script is not None:
            findings = [*filter(self.script.concerns, findings)]
        return {
            "description": summary(self.module.__doc__) if self.script is None else self.script.summary,
            "operations": described + commands,
            "findings": _distinct(findings),
        }

    def call(self, operation, input, context, files, output_bytes=8 << 20):
        """Runs one operation.

        `input`: JSON text of the arguments object. `context`: JSON text `{"policies": ..., "context": ...}`.
        `files`: (parameter, file name, path inside the sandbox). `output_bytes`: what a result may have.
        Gives ("value", json) | ("file", path, name, content type) | ("bytes", data, name, content type)
        | ("stream", iterator of json). Raises InvalidInput, InvalidOutput, OutputTooLarge, and whatever the user's code raises.
        """
        if running.context is not None:
            running.context.clear()
            running.context.update(_context(jsontext.parse(context)))
        if self.script is not None and b'"command":' in context:
            plan = jsontext.parse(context).get("command")
            if plan is not None:
                return ("value", self.script.call(plan, input, files, output_bytes, self.data))
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
                named[name] = _context(given) if name == "context" else wrap(given.get(name) or {})
        return answer(found, found.function(*positional, **named))

    def format_exception(self, exc):
        """`{type, message, traceback}` of what the user's code raised, without our own frames."""
        is_main = self.module is None or type(exc).__module__ == "__main__"
        return format_exception(exc, self.code_dir, "__main__" if is_main else self.module.__name__)


def _context(given):
    """What is known of the call, with its trace, secrets and workspaces where it has some."""
    context = wrap(given.get("context") or {})
    if tracing.given:
        context["traceparent"] = tracing.given["TRACEPARENT"]
    if secrets.given:
        context["secrets"] = wrap(dict(secrets.given))
    if workspaces.given:
        context["workspaces"] = wrap(dict(workspaces.given))
    return context


def _distinct(findings):
    seen, kept = set(), []
    for found in findings:
        key = (found["message"], found.get("line"))
        if key not in seen:
            seen.add(key)
            kept.append(found)
    return kept
