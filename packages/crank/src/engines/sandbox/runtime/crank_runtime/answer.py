"""Runs one operation and says how it ended. The same for fresh and warm children."""

import gc
import json
import os
import stat
import sys

from crank_runtime import errors, frames

_DETAIL = 4000


class Request:
    """One CALL frame, copied out of the receive buffer."""

    __slots__ = ("limits", "kind", "operation", "files", "context", "input")

    def __init__(self, body):
        *limits, self.kind, o, f, c = frames.CALL_HEAD.unpack_from(body)
        self.limits = frames.Limits(*limits)
        at = frames.CALL_HEAD.size
        self.operation = str(body[at : at + o], "utf-8")
        self.files = bytes(body[at + o : at + o + f])
        self.context = bytes(body[at + o + f : at + o + f + c])
        self.input = bytes(body[at + o + f + c :])


def perform(loaded, request, sink):
    """Runs the request against a loaded service.

    ``sink(kind, data)`` takes ITEM and CHUNK bodies and blocks while the receiver is behind. Returns ``(kind, rest)``
    of the END frame. Never raises for what user code does.
    """
    try:
        return _run(loaded, request, sink)
    except MemoryError:
        pass  # answered below, when the frames that hold the memory are gone
    except errors.InvalidInput as problem:
        return _invalid(problem)
    except errors.InvalidOutput as problem:
        return failure("invalid-output", str(problem))
    except errors.OutputTooLarge as problem:
        return failure("output-too-large", str(problem))
    except errors.Failure as problem:
        return failure(problem.code, str(problem))
    except BaseException as problem:  # SystemExit and KeyboardInterrupt too: the script ended, we report
        return _said_invalid(problem) or _script_error(loaded, problem)
    gc.collect()
    return failure("out-of-memory", f"The script needed more than its {request.limits.memory} bytes of memory.")


def _run(loaded, request, sink):
    if request.kind == frames.KIND_DESCRIBE:
        return _value(json.dumps(loaded.describe()).encode(), request.limits)
    placed = _place(request.files)
    loaded.limits = request.limits
    result = loaded.call(request.operation, request.input, request.context, placed, request.limits.output)
    shape = result[0]
    if shape == "value":
        return _value(result[1], request.limits)
    if shape == "stream":
        for item in result[1]:
            if len(item) > request.limits.output:
                return _too_large("An item of the stream", len(item), request.limits.output)
            sink(frames.ITEM, item)
        return frames.STREAM, b""
    if shape == "chunks":
        return _chunks(result[1], request.limits, sink)
    if shape == "file":
        return _file(result[1], result[2], result[3], request.limits, sink)
    return _bytes(result[1], result[2], result[3], request.limits, sink)


def _place(described):
    """Input files as (parameter, name, path). They lie in a folder whose name only this call knows."""
    if not described:
        return []
    listing = json.loads(described)
    if "proxy" in listing:
        from crank_runtime import wayout

        wayout.announce(listing["proxy"])
    if "secrets" in listing:
        from crank_runtime import secrets

        secrets.announce(listing["secrets"])
    if "trace" in listing:
        from crank_runtime import tracing

        tracing.announce(listing["trace"])
    if "workspaces" in listing:
        from crank_runtime import workspaces

        workspaces.announce(listing["workspaces"])
    if "folder" not in listing:
        return []
    if os.path.lexists("/tmp/in"):  # a warm process may have had files before
        os.unlink("/tmp/in")
    os.symlink("/calls/" + listing["folder"], "/tmp/in")
    return [(parameter, called[-1] if called else name, f"/tmp/in/{i}/{name}") for i, (parameter, name, *called) in enumerate(listing["files"])]


def _value(data, limits):
    if len(data) > limits.output:
        return _too_large("The result", len(data), limits.output)
    return frames.VALUE, data


def _too_large(what, size, limit):
    return failure(
        "output-too-large",
        f"{what} is {size} bytes long; {limit} are allowed. Return less, return a file or a stream, or raise "
        "`outputBytes` in the manifest's limits.",
    )


def _file(path, name, content_type, limits, sink):
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not hold us
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            return failure("invalid-output", f"The result {name!r} is not a regular file.")
        if about.st_size > limits.file:
            return _file_too_large(name, about.st_size, limits.file)
        while True:
            chunk = os.read(handle, frames.CHUNK_BYTES)
            if not chunk:
                return _file_end(name, content_type)
            sink(frames.CHUNK, chunk)
    finally:
        os.close(handle)


def _bytes(data, name, content_type, limits, sink):
    if len(data) > limits.file:
        return _file_too_large(name, len(data), limits.file)
    view = memoryview(data)
    for at in range(0, len(view), frames.CHUNK_BYTES):
        sink(frames.CHUNK, view[at : at + frames.CHUNK_BYTES])
    return _file_end(name, content_type)


def _chunks(chunks, limits, sink):
    """``chunks``: a generator of bytes, whose value is name and content type."""
    size = 0
    while True:
        try:
            chunk = next(chunks)
        except StopIteration as end:
            return _file_end(*end.value)
        size += len(chunk)
        if size > limits.file:
            return failure(
                "output-too-large",
                f"The file has more than the {limits.file} bytes that are allowed. Raise `fileBytes` in the manifest's limits.",
            )
        sink(frames.CHUNK, chunk)


def _file_too_large(name, size, limit):
    return failure(
        "output-too-large",
        f"The file {name!r} is {size} bytes long; {limit} are allowed. Raise `fileBytes` in the manifest's limits.",
    )


def _file_end(name, content_type):
    return frames.FILE, json.dumps({"name": name, "contentType": content_type}).encode()


def _invalid(problem):
    pointer = str(getattr(problem, "pointer", ""))
    rest = pointer.replace("~0", "").replace("~1", "")
    whole = len(pointer) <= _DETAIL and "~" not in rest and (not rest or pointer[0] == "/")  # RFC 6901; a cut one is another
    return failure("invalid-input", str(problem), pointer=pointer if whole else "")


def _said_invalid(problem):
    """The script's own word that the input is wrong: crank_platform.InvalidInput, by its mark, since we do not import that."""
    path = getattr(type(problem), "__crank_invalid_input__", None)
    if path is None:
        return None
    try:
        at = errors.InvalidInput(str(problem))
        for token in reversed(tuple(problem.path)):
            at.within(token)
        return _invalid(at)
    except Exception:  # it was taken apart, or has a hostile __str__
        return None


def _script_error(loaded, problem):
    try:
        exception = loaded.format_exception(problem)
    except BaseException as second:  # a hostile __str__: say at least the type
        exception = {"type": type(problem).__name__, "message": f"(not printable: {type(second).__name__})"}
    message = str(exception.get("message", ""))
    detail = f"{exception.get('type', 'Exception')}: {message}" if message else str(exception.get("type", "Exception"))
    return failure("script-error", detail, exception=exception)


def failure(code, detail, **more):
    """A FAILED result. Long texts are cut so that the frame stays within FAILURE_BYTES."""
    body = {"code": code, "detail": detail[:_DETAIL], **more}
    exception = body.get("exception")
    if exception:
        body["exception"] = {
            "type": str(exception.get("type", ""))[:200],
            "message": str(exception.get("message", ""))[:_DETAIL],
            "traceback": str(exception.get("traceback", ""))[-3 * _DETAIL :],
        }
    return frames.FAILED, json.dumps(body).encode()


def flush():
    """Brings what the script printed to its descriptors."""
    for stream in {sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__}:
        try:
            stream.flush()
        except Exception:  # closed or replaced by the script: nothing of it is left to bring anywhere
            continue
