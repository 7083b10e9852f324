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


def signal_name(number):
    return _SIGNALS.get(number, "")


def too_slow(milliseconds, what):
    return f"The call was stopped: it had used the {milliseconds} ms of {what} that it may take."


def post_mortem(status, seconds, limits, is_init=False):
    """A FAILED result for a process that did not answer. ``seconds``: of CPU that it used;
    ``is_init``: it was pid 1 of its namespace."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == SIGKILL:
            if seconds >= limits.cpu_ms / 1000:
                return answer.failure("timeout", too_slow(limits.cpu_ms, "CPU time"))
            if is_init:  # which nobody inside can kill
                return answer.failure(
                    "crashed", "The sandbox was killed from outside: by the kernel for want of memory, or by the operator."
                )
            return answer.failure(
                "crashed", "The script's process was killed: by itself, or by the kernel for want of memory."
            )
        return answer.failure("crashed", f"The script's process was ended by signal {number}{signal_name(number)}.")
    code = os.waitstatus_to_exitcode(status)
    return answer.failure("crashed", f"The script's process ended with exit status {code} before it answered.")
