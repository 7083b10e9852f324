"""Wants 3 GiB when it is imported."""

held = bytearray(3 << 30)
for at in range(0, len(held), 4096):
    held[at] = 1


def add(a: int, b: int) -> int:
    return a + b
