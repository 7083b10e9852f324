"""What scripts import: the decorator, and the type of the parameter `context`."""

import sys
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Sequence, TypeVar, Union, overload

F = TypeVar("F", bound=Callable[..., Any])
Secrets = Union[Sequence[str], Mapping[str, str]]
Workspaces = Mapping[str, str]


class Context(dict):  # type: ignore[type-arg]
    """What the platform tells a function about the call: its id, account, principal, service, version, operation.

    `context.account` and `context["account"]` are the same. `context.secrets` has the secrets that it asked for,
    `context.workspaces` the paths of the workspaces.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError("the context has no %r" % name) from None

    def progress(self, fraction: Optional[float] = None, message: str = "") -> None:
        """Tells whoever waits for the call how far it is. Outside of Crank it is shown on a terminal.

        Args:
            fraction: What part of the work is done, from 0 to 1; None where it is not known.
            message: With what it is busy: one line.
        """
        runtime = sys.modules.get("crank_runtime.channel")
        if runtime is not None:
            runtime.progress(fraction, message)
            return
        if fraction is not None and not 0 <= fraction <= 1:
            raise ValueError("the fraction is what part of the work is done, from 0 to 1; this is %r" % (fraction,))
        if sys.stderr is not None and sys.stderr.isatty():
            share = "" if fraction is None else "%3d%% " % round(100 * fraction)
            sys.stderr.write("\r\x1b[K%s%s%s" % (share, message, "\n" if fraction == 1 else ""))
            sys.stderr.flush()

    def call(self, target: str, /, **arguments: Any) -> Any:
        """Calls an operation of another service, for whoever made this call. Outside of Crank a node is called over
        HTTP, with CRANK_URL and CRANK_KEY.

        Args:
            target: Such as `words.top_words`, or `words@stable.top_words`.
            arguments: By parameter name; bytes and Paths are sent as files.

        Returns:
            The result in plain values; a file as `{"name", "type", "size", "base64"}`, a stream as the list of its items.

        Raises:
            CallError: It gave no result.
        """
        runtime = sys.modules.get("crank_runtime.calling")
        if runtime is not None:
            return runtime.call(target, arguments)
        from ._calling import call

        return call(target, arguments)

    async def call_async(self, target: str, /, **arguments: Any) -> Any:
        """The same to be awaited, so that several run at one time."""
        runtime = sys.modules.get("crank_runtime.calling")
        if runtime is not None:
            return await runtime.call_async(target, arguments)
        import asyncio

        from ._calling import call

        return await asyncio.get_running_loop().run_in_executor(None, call, target, arguments)


if TYPE_CHECKING or "crank_runtime.calling" not in sys.modules:

    class CallError(Exception):
        """A call of another service that gave no result.

        Attributes:
            target: What was called.
            code: Stable code such as `invalid-input`, `policy-denied` or `timeout`.
            detail: What happened and what to do.
            problem: All that is known (RFC 9457).
        """

        def __init__(self, target: str, problem: Mapping[str, Any]) -> None:
            self.target = target
            self.problem = problem
            self.code = str(problem.get("code", "internal"))
            self.detail = str(problem.get("detail") or problem.get("title") or self.code)
            raised = problem.get("exception") or {}
            if self.code == "script-error" and "type" in raised:
                super().__init__("%s raised %s: %s" % (target, raised["type"], raised.get("message", "")))
            else:
                super().__init__("%s: %s: %s" % (target, self.code, self.detail))

        def __reduce__(self) -> Any:
            return type(self), (self.target, self.problem)

else:
    from crank_runtime.calling import CallError


class InvalidInput(ValueError):
    """Raised by a script whose input is wrong in a way that its annotations cannot say: whoever called is told so, and where.

    `raise InvalidInput("is no IBAN", "rows", 3, "iban")` answers `invalid-input` (422) with the JSON Pointer `/rows/3/iban`. It counts as
    the caller's mistake and not as the script's: there is no traceback, and no canary suffers from it.
    """

    __crank_invalid_input__ = True

    def __init__(self, message: str, *path: Union[str, int]) -> None:
        super().__init__(message)
        #: Names of parameters and members, and places in lists, from the outside in; nothing: the input as a whole.
        self.path = path

    def __reduce__(self) -> Any:
        return type(self), (*self.args, *self.path)


def shared() -> Context:
    """The context of whichever call runs; of none, and empty, outside of Crank."""
    if "crank_runtime.channel" in sys.modules:
        from crank_runtime.context import share  # type: ignore[import-not-found]

        return share()  # type: ignore[no-any-return]
    return Context()


@overload
def crank_service(function: F) -> F: ...
@overload
def crank_service(
    *,
    name: Optional[str] = None,
    content_type: Optional[str] = None,
    secrets: Optional[Secrets] = None,
    workspaces: Optional[Workspaces] = None,
) -> Callable[[F], F]: ...
def crank_service(
    function: Optional[F] = None,
    *,
    name: Optional[str] = None,
    content_type: Optional[str] = None,
    secrets: Optional[Secrets] = None,
    workspaces: Optional[Workspaces] = None,
) -> Union[F, Callable[[F], F]]:
    """Marks a function as an operation of the service; once one is marked, only marked functions are offered.

    Args:
        function: The function; it is returned as it is.
        name: The operation's name, where it isn't the function's.
        content_type: Makes the result (bytes, text or a Path) a file of this type, such as `image/png`.
        secrets: Names of secrets that each call is given, as environment variables of these names and as
            `context.secrets`; or a mapping of such names by environment variable.
        workspaces: Workspaces that each call is given, "read" or "write" by name: folders, whose paths are in
            `context.workspaces` and in environment variables such as `CRANK_WORKSPACE_MAIL_ARCHIVE`.
    """

    def mark(target: F) -> F:
        target.__crank_service__ = {  # type: ignore[attr-defined]
            "name": name,
            "content_type": content_type,
            "secrets": secrets,
            "workspaces": workspaces,
        }
        return target

    return mark if function is None else mark(function)
