"""What a function gave, as one of the answers that the sandbox knows: value, file, bytes or stream."""

import os

from .errors import InvalidOutput
from .media import content_type_of, file_name
from .values import result_file, to_json


_JSON = frozenset((type(None), bool, int, float, str, list, tuple, dict))


def answer(operation, value):
    """One of the tuples that Service.call gives. Raises InvalidOutput."""
    if operation.result == "stream":
        return ("stream", _stream(value))
    kind = type(value)
    if kind is bool and operation.counts:
        return ("value", b"1" if value else b"0")  # True where an int is declared is the number that it is
    if kind in _JSON and operation.content_type is None:
        return ("value", to_json(value, operation.by_repr))
    while hasattr(kind, "__await__") or hasattr(kind, "__anext__"):  # a coroutine may give an iterator
        value = _finish(value)
        kind = type(value)
    if operation.content_type is not None and isinstance(value, (bytes, bytearray, memoryview, str)):
        data = value.encode("utf-8") if isinstance(value, str) else bytes(value)
        return ("bytes", data, file_name(operation.name, operation.content_type), operation.content_type)
    found = _file(value, kind)
    if found is not None:
        name = os.path.basename(os.fspath(found[0]))
        return ("file", found[1], name, operation.content_type or content_type_of(name))
    package = kind.__module__.partition(".")[0]
    if package in ("PIL", "matplotlib"):
        data = _picture(package, value)
        if data is not None:
            return ("bytes", data, "%s.png" % operation.name, "image/png")
    if package == "contextlib" and hasattr(kind, "__enter__"):
        with value as inner:
            return _kept(answer(operation, inner))
    if package == "contextlib" and hasattr(kind, "__aenter__"):
        return _finish(_entered(operation, value))
    return ("value", to_json(value, operation.by_repr))


def _kept(given):
    """What was given inside a `with`: a file that is there now may be gone behind it."""
    return ("bytes", _read(given[1]), given[2], given[3]) if given[0] == "file" else given


async def _entered(operation, manager):
    async with manager as inner:
        if hasattr(type(inner), "__anext__"):
            inner = [item async for item in inner]
        return _kept(answer(operation, inner))


def _file(value, kind):
    """(path, real path) of a Path, or of an open file, that lies in the work folder."""
    if hasattr(kind, "__fspath__"):
        real = result_file(value)
        return None if real is None else (value, real)
    if hasattr(kind, "fileno") and isinstance(getattr(value, "name", None), str):
        if not value.closed and value.writable():
            value.flush()
        real = result_file(value.name)
        return None if real is None else (value.name, real)
    return None


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _picture(package, value):
    save = getattr(value, "save", None) if package == "PIL" else getattr(value, "savefig", None)
    if save is None:
        return None
    import io

    buffer = io.BytesIO()
    if package == "PIL":
        if value.mode in ("CMYK", "YCbCr", "HSV", "LAB", "F"):  # which PNG cannot hold
            save = value.convert("RGB").save
        save(buffer, format="PNG")
    else:
        save(buffer, format="png")
    return buffer.getvalue()


def _finish(value):
    """Runs a coroutine, or collects an asynchronous iterator, that a plain function returned."""
    import asyncio

    if hasattr(type(value), "__anext__"):

        async def collect():
            return [item async for item in value]

        return asyncio.run(collect())

    async def wait():
        return await value

    return asyncio.run(wait())


def _stream(value):
    if hasattr(type(value), "__aiter__"):
        return _async_items(value)
    if hasattr(type(value), "__await__"):
        value = _finish(value)
        if hasattr(type(value), "__aiter__"):
            return _async_items(value)
    if value is None or isinstance(value, (str, bytes)) or not hasattr(type(value), "__iter__"):
        raise InvalidOutput("a %s was returned where an iterator is declared" % type(value).__name__)
    return map(to_json, value)


def _async_items(value):
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        iterator = value.__aiter__()
        while True:
            try:
                item = loop.run_until_complete(_next(iterator))
            except StopAsyncIteration:
                return
            yield to_json(item)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()


async def _next(iterator):
    return await iterator.__anext__()
