"""What the platform tells a function about the call, as the parameter `context` or as `crank_platform.context`."""

from . import channel


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


#: `from crank_platform import context`: of whichever call runs, where somebody asked for it.
shared = None


def share():
    """The context of every call of this process, filled when one begins."""
    global shared
    if shared is None:
        shared = Context()
    return shared


def fill(value):
    """The shared one is now about this call."""
    shared.clear()
    shared.update(value)


def wrap(value):
    """A JSON value whose objects are Contexts."""
    if type(value) is dict:
        return Context((name, wrap(part)) for name, part in value.items())
    return [wrap(part) for part in value] if type(value) is list else value
