"""`crank_platform` inside the sandbox, where the package itself isn't installed: what scripts import from it."""


class Context(dict):
    """The type of the parameter `context`: the call's id, account, principal, service, version and operation."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError("the context has no %r" % name) from None


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
