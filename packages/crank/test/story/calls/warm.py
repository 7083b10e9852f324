from crank_platform import context


def inner(n: int) -> int:
    return n


def outer(n: int) -> int:
    return context.call("warm.inner", n=n) + 1
