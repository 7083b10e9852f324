"""A call that always fails, after a second."""

import time


def job() -> str:
    time.sleep(1)
    raise RuntimeError("this job fails")
