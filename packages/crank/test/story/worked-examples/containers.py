"""What JSON has no word for: tuples, sets, keys that are no strings."""

from collections.abc import Iterator


def invert(table: dict[str, int]) -> dict[int, str]:
    """
    >>> invert({"a": 1, "b": 2})
    {1: 'a', 2: 'b'}
    >>> invert({})
    {}
    """
    return {value: key for key, value in table.items()}


def neighbours(graph, node):
    """Without annotations: the example shows that the keys are numbers, and that a node may be a tuple.

    >>> neighbours({1: [2], (1, 2): [3]}, 1)
    [2]
    >>> neighbours({1: [2, 3], 2: []}, 1)
    [2, 3]
    """
    return graph[node]


def shared(one: set[int], other: set[int]) -> set[int]:
    """
    >>> shared({3, 1, 2}, {2, 3})
    {2, 3}
    >>> shared({1}, set())
    set()
    """
    return one & other


def grid(points: list[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """
    >>> grid([(1, 2), (0, 0)])
    {(1, 2): 'x', (0, 0): 'x'}
    """
    return {point: "x" for point in points}


def ordered(items: list[int]) -> list[int]:
    """The annotation says less than the examples.

    >>> ordered([3, 1])
    [1, 3]
    >>> ordered(["b", "a"])
    ['a', 'b']
    >>> ordered([1.5, 0])
    [0, 1.5]
    >>> ordered([1, "a"])
    Traceback (most recent call last):
        ...
    TypeError: '<' not supported between instances of 'str' and 'int'
    """
    return sorted(items)


def pick(items: list[int], at: int) -> int:
    """
    >>> pick([1], 3)
    Traceback (most recent call last):
        ...
    IndexError: list index out of range
    >>> pick([1])
    Traceback (most recent call last):
        ...
    TypeError: pick() missing 1 required positional argument: 'at'
    """
    return items[at]


def wrong(number: int) -> int:
    """What it says is not what it does.

    >>> wrong(1)
    3
    """
    return number + 1


def steps(to: int) -> Iterator[int]:
    """
    >>> list(steps(2))
    [0, 1]
    """
    yield from range(to)


def apply(function, value):
    """What is no literal does not count.

    >>> apply(len, [1])
    1
    """
    return function(value)
