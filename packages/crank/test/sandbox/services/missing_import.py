import no_such_module_anywhere


def one() -> int:
    return no_such_module_anywhere.x
