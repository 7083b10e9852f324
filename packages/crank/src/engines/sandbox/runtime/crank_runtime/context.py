"""What the platform tells a function about the call, as the parameter `context`."""


class Context(dict):
    """The call's id, account, principal, service, version and operation: `context.account` or `context["account"]`."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError("the context has no %r; it has %s" % (name, ", ".join(self) or "nothing")) from None


def wrap(value):
    """A JSON value whose objects are Contexts."""
    if type(value) is dict:
        return Context((name, wrap(part)) for name, part in value.items())
    return [wrap(part) for part in value] if type(value) is list else value
