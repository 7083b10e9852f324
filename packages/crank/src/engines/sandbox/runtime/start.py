"""What bubblewrap starts: start.py OPTIONS (JSON, see crank_runtime/boot.py). Arranges the interpreter for a script."""

import json
import site
import sys

from crank_runtime import boot


def run(options):
    """Becomes what the host asks for: the zygote of a service, or a task of the platform's own."""
    if "task" in options:
        from crank_runtime import task

        task.main(options)
    arrange(options)
    boot.main(options)


def arrange(options):
    # Started with -S: packages of the machine stay out. What scripts expect of `site` comes back by hand.
    site.setquit()
    site.setcopyright()
    site.sethelper()
    sys.path[0] = options["code"]
    for folder in options["libs"]:
        site.addsitedir(folder)
    sys.argv = [options["entry"]]
    # What a script printed before it was stopped is what its author wants to see.
    sys.stdout.reconfigure(line_buffering=True)
    sys.dont_write_bytecode = True


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    if "wayOut" in given:
        from crank_runtime import wayout

        wayout.hand_over(**given["wayOut"])  # before `arrange`, which may run code of the libraries
    run(given)
