"""The same client to be awaited. Each request runs in a thread; cancelling what waits for it ends the connection, and so the call."""

import asyncio
import contextvars
import functools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, AsyncIterator, Callable, Dict, Mapping, Optional, TypeVar, Union

from ._client import CallOptions, Client
from ._job import Job
from ._result import Answer, Progress
from ._transport import Scope, scope
from ._trust import Trust

T = TypeVar("T")
#: Requests at one time.
_THREADS = 64
_END = object()


class AsyncClient:
    """`Client` to be awaited; takes the same arguments. Close it, or use it in `async with`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        #: What it asks, for what is not to be awaited.
        self.sync = Client(*args, **options)
        self.url = self.sync.url
        self._pool = ThreadPoolExecutor(_THREADS, "crank")

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Takes no more requests; those under way go on."""
        self._pool.shutdown(wait=False)

    async def call(self, service: str, operation: str, /, **arguments: Any) -> Any:
        """As `Client.call`; a stream's items come as a list."""
        return (await self.run(service, operation, arguments)).value

    async def run(
        self, service: str, operation: str, arguments: Optional[Mapping[str, Any]] = None, **options: Any
    ) -> Answer:
        """As `Client.run`; a stream's items come as a list."""

        def ask() -> Answer:
            answer = self.sync.run(service, operation, arguments, **options)
            if not hasattr(answer.value, "__next__"):
                return answer
            return Answer(list(answer.value), answer.call, answer.version)

        return await self._run(ask)

    async def run_code(self, code: str, input: Optional[Mapping[str, Any]] = None, **more: Any) -> Answer:
        """As `Client.run_code`."""
        return await self._run(functools.partial(self.sync.run_code, code, input, **more))

    async def stream(
        self,
        service: str,
        operation: str,
        arguments: Optional[Mapping[str, Any]] = None,
        *,
        on_progress: Optional[Progress] = None,
        options: CallOptions = CallOptions(),
    ) -> AsyncIterator[Any]:
        """As `Client.stream`. `on_progress` is called in another thread."""
        opened = await self._run(
            functools.partial(self.sync.stream, service, operation, arguments, on_progress=on_progress, options=options)
        )
        try:
            while True:
                item = await self._run(lambda: next(opened, _END))
                if item is _END:
                    return
                yield item
        finally:
            opened.close()

    async def submit(
        self,
        service: str,
        operation: str,
        arguments: Optional[Mapping[str, Any]] = None,
        options: CallOptions = CallOptions(),
    ) -> "AsyncJob":
        """As `Client.submit`."""
        return AsyncJob(self._run, await self._run(lambda: self.sync.submit(service, operation, arguments, options)))

    def job(self, id: str) -> "AsyncJob":
        """A job of which the id is known."""
        return AsyncJob(self._run, self.sync.job(id))

    async def deploy(self, path: Union[str, "os.PathLike[str]"], name: Optional[str] = None) -> Dict[str, Any]:
        """As `Client.deploy`."""
        return await self._run(lambda: self.sync.deploy(path, name))

    async def receipt(self, id: str) -> Dict[str, Any]:
        """As `Client.receipt`."""
        return await self._run(lambda: self.sync.receipt(id))

    async def verify(self, id: str, trust: Trust, output: Optional[bytes] = None, input: Optional[bytes] = None) -> Any:
        """As `Client.verify`."""
        return await self._run(lambda: self.sync.verify(id, trust, output, input))

    async def api(self, operation: str, /, **arguments: Any) -> Any:
        """Any other operation of the node's API: `await client.api("list_calls", service="words")`."""
        return await self._run(functools.partial(getattr(self.sync.api, operation), **arguments))

    async def _run(self, work: Callable[[], T]) -> T:
        waiting = Scope()
        context = contextvars.copy_context()
        context.run(scope.set, waiting)
        future = asyncio.get_running_loop().run_in_executor(self._pool, context.run, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            waiting.end()
            future.add_done_callback(lambda done: None if done.cancelled() else done.exception())
            raise


class AsyncJob:
    """A job to be awaited: `async for state in job`, `await job.result()`."""

    def __init__(self, run: Callable[[Callable[[], Any]], Any], job: Job) -> None:
        self._run = run
        self._job = job
        self.id = job.id

    @property
    def state(self) -> Optional[Dict[str, Any]]:
        return self._job.state

    async def __aiter__(self) -> AsyncIterator[Dict[str, Any]]:
        states = iter(self._job)
        while True:
            state = await self._run(lambda: next(states, _END))
            if state is _END:
                return
            yield state

    async def done(self) -> Dict[str, Any]:
        return await self._run(self._job.done)  # type: ignore[no-any-return]

    async def result(self) -> Answer:
        return await self._run(self._job.result)  # type: ignore[no-any-return]

    async def cancel(self) -> Dict[str, Any]:
        return await self._run(self._job.cancel)  # type: ignore[no-any-return]

    async def approve(self) -> Dict[str, Any]:
        return await self._run(self._job.approve)  # type: ignore[no-any-return]

    async def reject(self) -> Dict[str, Any]:
        return await self._run(self._job.reject)  # type: ignore[no-any-return]


