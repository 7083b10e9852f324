"""Misuses the moment of its import, when it runs inside the zygote."""

import gc
import os
import struct
import threading
import time


def _write_soon(data):
    def write():
        while gc.isenabled():  # the zygote switches it off when it is ready
            time.sleep(0.01)
        time.sleep(1)
        os.write(3, data)

    threading.Thread(target=write, daemon=True).start()


_write_soon(struct.pack("<IBI", 0xFFFFFFF0, 5, 1))


def wait(seconds: float) -> str:
    time.sleep(seconds)
    return "done"
