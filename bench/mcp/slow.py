"""A call that takes as long as it is told to."""

import time


def compute(seconds: float = 1, label: str = "") -> str:
    time.sleep(seconds)
    return f"computed {label}"
