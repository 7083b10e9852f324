"""Answers in the name of calls that nobody made."""

import os
import struct

os.write(3, struct.pack("<IBI", 5 + 4, 5, 77) + b"null")


def one() -> int:
    return 1
