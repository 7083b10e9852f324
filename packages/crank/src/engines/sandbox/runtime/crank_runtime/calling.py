"""`context.call`: a script calls an operation of another service, through the platform that runs it."""

import os

from crank_runtime import channel, frames, jsontext
from crank_runtime.errors import InvalidInput, InvalidOutput
from crank_runtime.files import base64_encode
from crank_runtime.values import to_json

_OUTWARD = {"name", "type", "size", "base64"}
_workers = None


class CallError(Exception):
    """A call of another service that gave no result: `target`, `code`, `detail`, and `problem` with all that is known."""

    def __init__(self, target, problem):
        self.target = target
        self.problem = problem
        self.code = str(problem.get("code", "internal"))
        self.detail = str(problem.get("detail") or problem.get("title") or self.code)
        raised = problem.get("exception") or {}
        if self.code == "script-error" and "type" in raised:
            super().__init__("%s raised %s: %s" % (target, raised["type"], raised.get("message", "")))
        else:
            super().__init__("%s: %s: %s" % (target, self.code, self.detail))

    def __reduce__(self):
        return type(self), (self.target, self.problem)


CallError.__module__ = "crank_platform"  # where scripts have it from


def call(target, arguments, asked=None):
    """The result, in plain values; a file as `{"name", "type", "size", "base64"}`, a stream as the list of its items."""
    way = channel.of_this_process("context.call")
    if not isinstance(target, str):
        raise TypeError('the first argument is the name of an operation, such as "words.top_words"')
    if way is None:
        raise RuntimeError("context.call was used outside of a call: while a module is imported, nothing is called")
    if len(target.encode("utf-8", "replace")) > frames.TARGET:
        raise CallError(target[:80] + "...", {"code": "invalid-input", "detail": "No operation has so long a name."})
    try:
        text = to_json({name: _argument(value) for name, value in arguments.items()})
    except InvalidOutput as problem:
        raise TypeError("the arguments for %s: %s" % (target, problem)) from None
    if len(text) > way.limit:
        detail = "The arguments are %d bytes of JSON; %d are what a call of this service may send." % (len(text), way.limit)
        raise CallError(target, {"code": "too-large", "detail": detail})
    succeeded, answer = way.ask(target, text, asked)
    try:
        value = jsontext.parse(answer)
    except InvalidInput as problem:
        raise CallError(target, {"code": "invalid-output", "detail": str(problem)}) from None
    if not succeeded:
        raise CallError(target, value)
    return value


async def call_async(target, arguments):
    """The same without holding up the event loop. Where nobody waits any more, the call is cancelled."""
    import asyncio
    import threading

    asked = []
    before = threading.stack_size(channel.STACK)
    try:
        answer = asyncio.get_running_loop().run_in_executor(_executor(), call, target, arguments, asked)
    finally:
        threading.stack_size(before)
    try:
        return await answer
    except asyncio.CancelledError:
        asked.append(None)
        way = channel.opened()
        if way is not None and asked[0] is not None:
            way.withdraw(asked[0])
        raise


def _executor():
    """As many threads as there may be calls under way."""
    global _workers
    if _workers is None:
        from concurrent.futures import ThreadPoolExecutor

        _workers = ThreadPoolExecutor(channel.ASKS)
    return _workers


def _argument(value):
    """An argument as the other side takes it: files, and what stands for one, as a file in JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _file("data.bin", bytes(value))
    if isinstance(value, os.PathLike):
        with open(value, "rb") as source:
            return _file(os.path.basename(os.fspath(value)), source.read())
    if isinstance(value, (list, tuple)):
        return [_argument(part) for part in value]
    if isinstance(value, dict) and value.keys() == _OUTWARD:  # a file that a call gave
        return {"name": value["name"], "base64": value["base64"]}
    return value


def _file(name, data):
    return {"name": name, "base64": base64_encode(data)}
