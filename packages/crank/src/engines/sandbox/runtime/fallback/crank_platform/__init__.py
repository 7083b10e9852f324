"""`crank_platform` inside the sandbox, where the package itself isn't installed: what scripts import from it."""

import sys


class Context(dict):
    """The type of the parameter `context`: the call's id, account, principal, service, version and operation."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError("the context has no %r" % name) from None

    def progress(self, fraction=None, message=""):
        """Tells whoever waits how much is done, from 0 to 1 (None: not known), and with what it is busy."""
        runtime = sys.modules.get("crank_runtime.channel")
        if runtime is not None:
            runtime.progress(fraction, message)
        elif fraction is not None and not 0 <= fraction <= 1:
            raise ValueError("the fraction is what part of the work is done, from 0 to 1; this is %r" % (fraction,))
        elif sys.stderr is not None and sys.stderr.isatty():
            share = "" if fraction is None else "%3d%% " % round(100 * fraction)
            sys.stderr.write("\r\x1b[K%s%s%s" % (share, message, "\n" if fraction == 1 else ""))
            sys.stderr.flush()

    def call(self, target, /, **arguments):
        """Calls an operation of another service, such as `words.top_words`, for whoever made this call. Raises CallError."""
        return _calling().call(target, arguments)

    async def call_async(self, target, /, **arguments):
        """The same to be awaited, so that several run at one time."""
        return await _calling().call_async(target, arguments)


def _calling():
    runtime = sys.modules.get("crank_runtime.calling")
    if runtime is None:
        raise RuntimeError("context.call works in Crank, or with `pip install crank-platform` against a node")
    return runtime


def __getattr__(name):
    if name == "CallError":
        return _calling().CallError
    if name != "context":
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    if "crank_runtime.channel" not in sys.modules:
        return Context()
    from crank_runtime.context import share

    return share()


class InvalidInput(ValueError):
    """Raised by a script whose input is wrong: whoever called is told so, with the place, given from the outside in."""

    __crank_invalid_input__ = True

    def __init__(self, message, *path):
        super().__init__(message)
        self.path = path

    def __reduce__(self):
        return type(self), (*self.args, *self.path)


def crank_service(function=None, *, name=None, content_type=None, secrets=None, workspaces=None):
    """Marks a function as an operation; it stays the function that it is."""

    def mark(target):
        target.__crank_service__ = {
            "name": name,
            "content_type": content_type,
            "secrets": secrets,
            "workspaces": workspaces,
        }
        return target

    return mark if function is None else mark(function)
