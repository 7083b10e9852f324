"""A TypeScript or JavaScript module as a service: what its exported functions are is found out, and run, by Node."""

import json
import os
import re
import select

from .. import errors, isolate, jsontext, secrets, tracing, workspaces
from ..media import content_type_of
from ..service import Service
from ..tracebacks import _text
from . import asking, program
from .unfit import finding_of

_PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_MOST_FAILURE, _MOST_SOURCES = 1 << 20, 64 << 20
_BESIDE = 1 << 10  # of an ask beside its arguments
_FAREWELL_MS = 500
_OUT_OF_MEMORY = re.compile(rb"^(?:FATAL ERROR|# Fatal).*(?:out of memory|Allocation failed)", re.M)


class Thrown(Exception):
    """The module's code threw something: `exception`, `{type, message, traceback}`."""

    def __init__(self, exception):
        super().__init__(exception.get("message", ""))
        self.exception = exception


class NodeService(Service):
    """An entry file that Node imports. `link`: to the Node of the next call, once that is started."""

    def __init__(self, code_dir, entry):
        super().__init__(code_dir, entry, None, {}, [])
        self.pid = 0
        self.link = None
        self.sources = b"{}"
        self.asks = None  # what it asks of other services
        self.before = 0  # CPU nanoseconds that its Node had used when its call came

    def accompany(self, limits, filter_program):
        if self.link is not None:
            self.link.close()
        self.pid, handle = program.start(self.code_dir, self.entry, limits, filter_program, self.sources)
        self.link = program.Link(handle)
        self.asks = asking.Asks(self.link)
        return self.pid

    def explain(self, status, said):
        if os.WIFSIGNALED(status) and _OUT_OF_MEMORY.search(said):
            return "out-of-memory", "The module needed more than the memory that it may have."
        return None

    def used(self):
        """What its Node has used for the call: CPU nanoseconds, peak resident bytes."""
        try:
            cpu = max(0, isolate.cpu_clock(self.pid) - self.before)
            with open("/proc/%d/status" % self.pid) as status:
                peak = next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))
        except (OSError, StopIteration):  # it has ended: the slot counts
            return 0, 0
        return cpu, peak

    def describe(self):
        self._await_ready()
        self._send({"do": "describe", "code": self.code_dir}, b"{}", b"{}")
        body = self._answer(1 << 20)
        if body[0] != "value":
            raise errors.InvalidOutput("it does not describe itself")
        return json.loads(body[1])

    def call(self, operation, input, context, files, output_bytes=8 << 20):
        self._await_ready()
        plan = jsontext.parse(context).get("plan")
        if plan is None:
            raise errors.InvalidInput("there is no operation %s" % operation)
        listing = [[name, called, path, content_type_of(called)] for name, called, path in files]
        variables = {name: os.environ[name] for name in _PROXY if name in os.environ}
        variables.update(tracing.given)
        variables.update({workspaces.variable(name): path for name, path in workspaces.given.items()})
        request = {"do": "call", "operation": operation, "plan": plan, "files": listing, "environment": variables}
        request["secrets"] = secrets.given
        request["workspaces"] = workspaces.given
        request["limit"] = output_bytes
        self._send(request, context, input)
        return self._answer(output_bytes)

    def format_exception(self, problem):
        if isinstance(problem, Thrown):
            return problem.exception
        return super().format_exception(problem)

    def _send(self, request, context, input):
        try:
            self.before = isolate.cpu_clock(self.pid)
        except OSError:  # it has ended, which is found out below
            pass
        self.link.send(json.dumps(request).encode(), bytes(context), bytes(input))

    def _receive(self, most):
        """The next frame of the answer; where Node is gone, the end of this process: its slot knows how that ended."""
        try:
            while True:
                kind, body, size = self.link.receive(most + _BESIDE)
                if kind == program.PROGRESS and body is not None:
                    asking.report(_object(body))
                elif kind == program.ASK and body is not None:
                    self.asks.begin(body)
                else:
                    return kind, body, size
        except (program.Gone, OSError):
            ended = select.poll()
            ended.register(os.pidfd_open(self.pid), select.POLLIN)
            ended.poll(_FAREWELL_MS)
            os._exit(1)

    def _await_ready(self):
        kind, body, _ = self._receive(_MOST_FAILURE)
        if kind == program.UNFIT and body is not None:
            raise Thrown(_exception(_object(body)))
        if kind != program.READY:
            raise errors.InvalidOutput("the module wrote to descriptor 3, which is the platform's")

    def _answer(self, most):
        kind, body, size = self._receive(max(most, _MOST_FAILURE))
        if kind == program.ITEM or kind == program.STREAM:
            return ("stream", self._items(kind, body, size, most))
        if kind == program.CHUNK or kind == program.FILE:
            return ("chunks", self._chunks(kind, body))
        return ("value", self._value(kind, body, size, most))

    def _value(self, kind, body, size, most):
        if kind == program.FAILED and body is not None:
            raise _failure(_object(body))
        if kind != program.VALUE:
            raise errors.InvalidOutput("the module wrote to descriptor 3, which is the platform's")
        if body is None or size > most:
            raise errors.OutputTooLarge(
                "The result is %d bytes long; %d are allowed. Return less, return a file or a stream, or raise "
                "`outputBytes` in the manifest's limits." % (size, most)
            )
        return body

    def _items(self, kind, body, size, most):
        while kind == program.ITEM:
            if body is None:
                raise errors.OutputTooLarge("An item of the stream is %d bytes long; %d are allowed." % (size, most))
            yield body
            kind, body, size = self._receive(max(most, _MOST_FAILURE))
        if kind != program.STREAM:
            self._value(kind, body, size, most)
            raise errors.InvalidOutput("a value came in the middle of a stream")

    def _chunks(self, kind, body):
        """The bytes of a file; its name and content type are the generator's value."""
        size = 0
        while kind == program.CHUNK:
            if body is None:
                raise errors.InvalidOutput("the module wrote to descriptor 3, which is the platform's")
            yield body
            kind, body, size = self._receive(_MOST_FAILURE)
        if kind != program.FILE or body is None:
            self._value(kind, body, size, 0)
        said = _object(body)
        name = os.path.basename(str(said.get("name", ""))) or "result"
        return name, str(said.get("contentType") or content_type_of(name))


def load(code_dir, entry):
    """A NodeService, whose module can be imported. Raises LoadError."""
    service = NodeService(code_dir, entry)
    service.pid, handle = program.start(code_dir, entry)
    service.link = program.Link(handle)
    try:
        kind, body, _ = service.link.receive(_MOST_SOURCES)
    except (program.Gone, OSError):
        _, status = os.waitpid(service.pid, 0)
        raise errors.LoadError([finding_of({"ended": os.waitstatus_to_exitcode(status)}, entry)]) from None
    finally:
        service.link.close()
        service.link = None
    os.kill(service.pid, 9)
    os.waitpid(service.pid, 0)
    if kind != program.READY:
        raise errors.LoadError([finding_of(_object(body or b"{}"), entry)])
    service.sources = body or b"{}"
    return service


def _object(body):
    """What Node said, if it is an object; the module may have said it."""
    try:
        value = jsontext.parse(body)
    except errors.InvalidInput:
        value = None
    if type(value) is not dict:
        raise errors.InvalidOutput("the module wrote to descriptor 3, which is the platform's")
    return value


def _exception(said):
    return {name: _text(said.get(name, ""), 16000) for name in ("type", "message", "traceback")}


def _failure(said):
    code, detail = said.get("code"), _text(said.get("detail", ""), 4000)
    if code == "invalid-input":
        return errors.InvalidInput(detail, _text(said.get("pointer", ""), 4000))
    if code == "invalid-output":
        return errors.InvalidOutput(detail)
    if code == "out-of-memory":
        return MemoryError()
    exception = said.get("exception")
    return Thrown(_exception(exception if type(exception) is dict else {"type": "Error", "message": detail}))


