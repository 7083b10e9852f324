"""Modules that a library imports only when it is asked for something, or without declaring them: facts kept as data.

Source: the libraries' own documentation ("optional dependencies" of pandas, "Installing a parser" of Beautiful Soup), and
the errors that they raise without.
"""

import ast

from .imports import Import, dotted

# Methods that only mean this where the library is imported: library, method, what it needs.
_METHODS = {
    "pandas": {
        **dict.fromkeys(("read_excel", "to_excel", "ExcelFile", "ExcelWriter"), "openpyxl"),
        **dict.fromkeys(("read_parquet", "to_parquet", "read_feather", "to_feather", "read_orc"), "pyarrow"),
        **dict.fromkeys(("read_html", "read_xml", "to_xml"), "lxml"),
        **dict.fromkeys(("read_hdf", "to_hdf"), "tables"),
        **dict.fromkeys(("read_sql_table", "to_sql"), "sqlalchemy"),
        "to_markdown": "tabulate",
    },
}
_PARSERS = {"lxml": "lxml", "xml": "lxml", "lxml-xml": "lxml", "html5lib": "html5lib"}
# Libraries that import these at once, and do not say so to installers.
_UNDECLARED = {"requests_html": "lxml_html_clean", "newspaper": "lxml_html_clean"}


def companions_of(tree, imports):
    """What a module needs besides what it imports, as imports of its own."""
    tops = {one.name.partition(".")[0]: one for one in imports if one.level == 0}
    for name, companion in _UNDECLARED.items():
        if name in tops:
            yield Import(companion, [], 0, tops[name].line, tops[name].kind)
    methods = {method: needed for name in _METHODS.keys() & tops.keys() for method, needed in _METHODS[name].items()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in methods:
            yield Import(methods[node.attr], [], 0, node.lineno, "lazy")
        elif "bs4" in tops and isinstance(node, ast.Call) and (dotted(node.func) or "").endswith("BeautifulSoup"):
            given = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "features")]
            for parser in given:
                if isinstance(parser, ast.Constant) and parser.value in _PARSERS:
                    yield Import(_PARSERS[parser.value], [], 0, node.lineno, "lazy")
