"""What a module's syntax tree tells about its command line, before anything of it runs."""

import _ast

_ASKING_CALLS = frozenset(("parse_args", "parse_known_args", "parse_intermixed_args", "docopt", "Fire", "getopt", "gnu_getopt"))
_ASKING_NAMES = frozenset(("input", "docopt", "Fire", "getpass"))
_WRITING = frozenset(
    ("write", "writelines", "writerow", "writerows", "write_text", "write_bytes", "savefig", "save", "to_csv", "to_excel")
    + ("to_json", "to_html", "dump", "print_help")
)
_TESTS = frozenset(("doctest", "unittest", "pytest"))
_DEFINITIONS = (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.ClassDef, _ast.Lambda)
_FUNCTIONS = (_ast.FunctionDef, _ast.AsyncFunctionDef)


class Facts:
    """`guarded`: it has an `if __name__ == "__main__"` that does something. `asks`: already its top level needs a command
    line or input, so that it cannot be imported. `acts`: its top level prints or writes. `entrances`: functions that these
    call for what they do. `commands`: functions that a decorator of click or typer makes commands. `functions`: whether it
    has public ones. `marked`: some have `@crank_service`, which then says all that is offered. `line`: where the main part begins."""

    __slots__ = ("guarded", "asks", "acts", "entrances", "commands", "functions", "marked", "line")

    @property
    def has_command_line(self):
        return self.guarded or self.asks or self.acts


def children(node):
    """The nodes right below a node."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, _ast.AST):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, _ast.AST))


def scope(nodes):
    """These nodes and what is below them, without the bodies of functions, classes and the main guard."""
    todo = list(reversed(nodes))
    while todo:
        node = todo.pop()
        if isinstance(node, _DEFINITIONS) or (isinstance(node, _ast.If) and is_main_guard(node.test)):
            if isinstance(node, _ast.If):
                todo.extend(reversed(node.orelse))
            continue
        yield node
        todo.extend(reversed(list(children(node))))


def is_main_guard(test):
    sides = [test.left, *test.comparators] if isinstance(test, _ast.Compare) else ()
    return any(getattr(side, "id", "") == "__name__" for side in sides)


def name_of(function):
    """(root, last) of a callee: `a.b.c()` gives ("a", "c")."""
    last = getattr(function, "attr", None) or getattr(function, "id", "")
    while isinstance(function, _ast.Attribute):
        function = function.value
    return getattr(function, "id", ""), last


def _asks(node, own):
    """Whether a node needs the command line or input. `own`: functions of the module that do."""
    if isinstance(node, _ast.Call):
        root, last = name_of(node.func)
        if isinstance(node.func, _ast.Name):
            return last in _ASKING_NAMES or last in own
        return last in _ASKING_CALLS or root in own or (root == "typer" and last == "run")
    if isinstance(node, _ast.Name):  # from sys import argv
        return node.id in ("argv", "stdin") and "sys." + node.id in own
    return _is_sys(node, "argv") or _is_sys(node, "stdin")


def _is_sys(node, name):
    return isinstance(node, _ast.Attribute) and node.attr == name and getattr(node.value, "id", "") == "sys"


def _any_asks(nodes, own):
    nodes = list(scope(nodes))
    # sys.argv[0] is but the script's name.
    names = {id(node.value) for node in nodes if isinstance(node, _ast.Subscript) and _index(node) == 0}
    return any(_asks(node, own) for node in nodes if id(node) not in names)


def _index(node):
    at = getattr(node.slice, "value", None)  # before 3.9 an Index stood around it
    return getattr(at, "value", at)


def _ends(node):
    """Whether a node ends the script with what a call gives: `sys.exit(main())`."""
    if not isinstance(node, _ast.Expr) or not isinstance(node.value, _ast.Call):
        return False
    ends = name_of(node.value.func) in (("sys", "exit"), ("exit", "exit"), ("quit", "quit"))
    return ends and any(isinstance(argument, _ast.Call) for argument in node.value.args)


def _asking_functions(tree):
    """Names of functions, classes, commands and applications of the module that read the command line or input when they
    are called, and `sys.argv` where it was imported by that name."""
    bodies, asking = {}, set()
    for node in tree.body:
        if isinstance(node, _ast.ImportFrom) and node.module == "sys":
            asking.update("sys." + alias.name for alias in node.names)
        elif isinstance(node, _ast.ClassDef):
            bodies[node.name] = [inner for method in node.body for inner in getattr(method, "body", [method])]
        elif isinstance(node, _FUNCTIONS):
            bodies[node.name] = node.body
            if any(is_command(decorator) for decorator in node.decorator_list):
                asking.add(node.name)
        elif isinstance(node, _ast.Assign) and isinstance(node.value, _ast.Call) and name_of(node.value.func)[1] == "Typer":
            asking.update(target.id for target in node.targets if isinstance(target, _ast.Name))
    while True:
        more = {name for name, body in bodies.items() if name not in asking and _any_asks(body, asking)}
        if not more:
            return asking
        asking |= more


def is_command(decorator):
    """Whether a decorator makes a command of click or typer."""
    target = decorator.func if isinstance(decorator, _ast.Call) else decorator
    return isinstance(target, _ast.Attribute) and target.attr in ("command", "group", "callback")


def guard_of(tree):
    """What stands in the module's main guards, without what only runs its tests."""
    body = []
    for node in tree.body:
        if isinstance(node, _ast.If) and is_main_guard(node.test):
            body += node.body
    own = [
        node
        for node in body
        if not isinstance(node, (_ast.Pass, _ast.Import, _ast.ImportFrom))
        and not (isinstance(node, _ast.Expr) and isinstance(node.value, _ast.Constant))
    ]
    if all(isinstance(node, _ast.Expr) and _is_test(node.value) for node in own):
        return []
    return body


def _is_test(call):
    root, last = name_of(call.func) if isinstance(call, _ast.Call) else ("", "")
    return root in _TESTS or last == "testmod"


def facts(tree):
    """The Facts of a module."""
    found = Facts()
    asking = _asking_functions(tree)
    defined = [node for node in tree.body if isinstance(node, _FUNCTIONS)]
    names = {node.name for node in defined}
    guard = guard_of(tree)
    found.guarded = bool(guard)
    found.asks = _any_asks(tree.body, asking) or any(_ends(node) for node in tree.body)
    acting = [node for node in scope(tree.body) if _acts(node, names)]
    found.acts = bool(acting)
    found.entrances = _entrances([*scope(guard), *scope(tree.body)], asking) & names
    found.commands = {node.name for node in defined if any(map(is_command, node.decorator_list))}
    found.functions = any(not name.startswith("_") for name in names)
    found.marked = any(_is_marked(decorator) for node in defined for decorator in node.decorator_list)
    first = (guard or acting or tree.body or [None])[0]
    found.line = getattr(first, "lineno", None)
    return found


_RUNNERS = frozenset(("exit", "quit", "SystemExit", "run", "run_until_complete"))


def _entrances(nodes, asking):
    """Names that are called as statements, or to end the script or a loop with; and those that ask, whatever comes of it.
    `print(solution())` wants what solution() gives: that is a function like others."""
    called, wanted = set(), set()
    for node in nodes:
        # Where each call stands is told by what is around it.
        ends = isinstance(node, _ast.Call) and name_of(node.func)[1] in _RUNNERS
        plain = isinstance(node, _ast.Expr) or ends
        for child in children(node):
            if isinstance(child, _ast.Call) and isinstance(child.func, _ast.Name):
                (called if plain else wanted).add(child.func.id)
    return (called - wanted) | ((called | wanted) & asking)


def _is_marked(decorator):
    target = decorator.func if isinstance(decorator, _ast.Call) else decorator
    return "crank_service" in (getattr(target, "id", None), getattr(target, "attr", None))


def _acts(node, functions):
    if not isinstance(node, _ast.Expr) or not isinstance(node.value, _ast.Call):
        return False
    called = node.value.func
    root, last = name_of(called)
    if isinstance(called, _ast.Name):
        return last == "print" or last in functions
    return last in _WRITING and root not in ("self", "cls")
