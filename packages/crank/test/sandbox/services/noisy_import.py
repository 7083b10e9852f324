"""Prints while it is imported, which must not reach the protocol or a call."""

import os
import sys

print("hello from the import")
sys.stderr.write("and a complaint")
os.write(1, b"\x05\x00\x00\x00\x05\x00\x00\x00\x00raw")


def one() -> int:
    return 1
