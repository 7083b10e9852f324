"""Cannot be imported here."""

import a_module_that_nobody_has


def thing(number: int) -> int:
    """
    >>> thing(1)
    1
    """
    return a_module_that_nobody_has.thing(number)
