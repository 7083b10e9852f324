"""What the platform tells a function about the call, as the parameter `context` or as `crank_platform.context`."""

from . import calling, channel


class Context(dict):
    """The call's id, account, principal, service, version and operation: `context.account` or `context["account"]`."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError("the context has no %r; it has %s" % (name, ", ".join(self) or "nothing")) from None

    def progress(self, fraction=None, message=""):
        """Tells whoever waits how much is done, from 0 to 1 (None: not known), and with what it is busy."""
        channel.progress(fraction, message)

    def call(self, target, /, **arguments):
        """Calls an operation of another service, such as `words.top_words`, for whoever made this call. Raises CallError."""
        return calling.call(target, arguments)

    async def call_async(self, target, /, **arguments):
        """The same to be awaited, so that several run at one time."""
        return await calling.call_async(target, arguments)


def share():
    """`crank_platform.context`: the context of every call of this process, filled when one begins."""
    if channel.running.context is None:
        channel.running.context = Context()
    return channel.running.context


def wrap(value):
    """A JSON value whose objects are Contexts."""
    if type(value) is dict:
        return Context((name, wrap(part)) for name, part in value.items())
    return [wrap(part) for part in value] if type(value) is list else value
