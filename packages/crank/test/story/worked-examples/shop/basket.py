"""Methods: the object is made from its constructor's arguments."""

from __future__ import annotations

from typing import NamedTuple

from shop.prices import price


class Total(NamedTuple):
    sum: float
    items: int


class EmptyBasket(Exception):
    pass


class Basket:
    """A basket.

    >>> Basket(["apple", "plum"]).total(0.5)
    0.375
    >>> Basket(["apple"], owner="Ann").whose()
    'Ann'
    """

    def __init__(self, names: list[str], owner: str | None = None):
        self.names = names
        self.owner = owner

    def total(self, discount: float = 0.0) -> float:
        """
        >>> Basket([]).total()
        Traceback (most recent call last):
            ...
        shop.basket.EmptyBasket: nothing in it
        """
        if not self.names:
            raise EmptyBasket("nothing in it")
        return sum(map(price, self.names)) * (1 - discount)

    def whose(self) -> str | None:
        return self.owner

    @staticmethod
    def size(names: list[str]) -> int:
        """
        >>> Basket.size(["a", "b"])
        2
        """
        return len(names)
