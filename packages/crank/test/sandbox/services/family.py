"""Takes memory in several processes at one time, none of them more than its own limit."""

import os


def hog(processes: int, megabytes: int) -> int:
    """Each process holds so much; all wait until the last one has it. Returns how many had it."""
    ready, told = os.pipe()
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            held = b"x" * (megabytes << 20)
            os.write(told, b"+")
            os.read(ready, 0)
            os.close(told)
            while os.getppid() != 1 and held:
                os.sched_yield()
            os._exit(0)
        children.append(child)
    count = 0
    os.close(told)
    while count < processes and os.read(ready, 1):
        count += 1
    for child in children:
        os.kill(child, 9)
    return count


def forks() -> int:
    """How many processes it can start that all sleep."""
    count = 0
    try:
        while count < 1000:
            if os.fork() == 0:
                while True:
                    os.sched_yield()
            count += 1
    except OSError:
        return count
    return count
