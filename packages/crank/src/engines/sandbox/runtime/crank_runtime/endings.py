"""How a process ended, in the words of an outcome."""

import os

from crank_runtime import answer

SIGKILL = 9
_SIGNALS = {
    4: " (illegal instruction)",
    6: " (abort)",
    7: " (bus error)",
    8: " (arithmetic)",
    11: " (segmentation fault)",
}


def too_slow(milliseconds, what):
    return f"The call was stopped: it had used the {milliseconds} ms of {what} that it may take."


def post_mortem(status, usage, limits):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == SIGKILL:
            if usage.ru_utime + usage.ru_stime >= limits.cpu_ms / 1000:
                return answer.failure("timeout", too_slow(limits.cpu_ms, "CPU time"))
            # Inside its own pid namespace nobody can kill pid 1: it was the kernel.
            return answer.failure("out-of-memory", "The kernel ended the script: the machine was out of memory.")
        name = _SIGNALS.get(number, "")
        return answer.failure("crashed", f"The script's process was ended by signal {number}{name}.")
    code = os.waitstatus_to_exitcode(status)
    return answer.failure("crashed", f"The script's process ended with exit status {code} before it answered.")
