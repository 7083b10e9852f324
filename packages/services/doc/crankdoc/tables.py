"""Tables of documents, as rows of texts."""

import csv
import io
import pathlib
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import List

from . import pdf, routes, work
from .detect import detect
from .text import decoded

_LEAST_ROWS = 2


@dataclass
class Table:
    rows: List[List[str]]
    #: Page of a PDF, from 1; else 0.
    page: int = 0


def tables(file):
    """Every table in the order of the document. Raises UnsupportedConversion."""
    source = detect(file)
    if source == "csv":
        text = decoded(pathlib.Path(file).read_bytes())
        return [Table([row for row in csv.reader(io.StringIO(text), _dialect(text))])]
    if source == "pdf":
        given = work.staged(file, "pdf")
        text = pdf.poppler("pdftotext", "-layout", "-enc", "UTF-8", given, "-").decode("utf-8", "replace")
        return [Table(rows, page) for page, one in enumerate(text.split("\f"), 1) for rows in _aligned(one)]
    at = file
    if source != "html":
        for step in routes.route(source, "html"):
            at = step.convert(at, step.source, step.target, None)
    reader = _Reader()
    reader.feed(decoded(pathlib.Path(at).read_bytes()))
    return [Table(rows) for rows in reader.done if any(any(row) for row in rows)]


def _dialect(text):
    try:
        return csv.Sniffer().sniff(text[:8192], ",;\t|")
    except csv.Error:
        return csv.excel


def _aligned(page):
    """Rows that stand below one another with the same number of columns, two spaces or more between them."""
    rows = []
    for line in [*page.splitlines(), ""]:
        cells = re.split(r"\s{2,}", line.strip()) if line.strip() else []
        if len(cells) > 1 and (not rows or len(rows[-1]) == len(cells)):
            rows.append(cells)
            continue
        if len(rows) >= _LEAST_ROWS:
            yield rows
        rows = [cells] if len(cells) > 1 else []


class _Reader(HTMLParser):
    """Tables in HTML, also in one another; cells that span columns are followed by empty ones."""

    def __init__(self):
        super().__init__()
        self.done, self.open, self.cell = [], [], None

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.open.append([])
            self.done.append(self.open[-1])
        elif tag == "tr" and self.open:
            self.open[-1].append([])
        elif tag in ("td", "th") and self.open:
            if not self.open[-1]:
                self.open[-1].append([])
            span = dict(attributes).get("colspan") or "1"
            self.cell = [len(self.open[-1][-1]), min(int(span), 100) if span.isdigit() else 1]
            self.open[-1][-1].extend([""] * self.cell[1])

    def handle_data(self, data):
        if self.open and self.open[-1] and self.open[-1][-1] and self.cell:
            row, at = self.open[-1][-1], self.cell[0]
            if at < len(row):
                row[at] = " ".join((row[at] + " " + data).split())

    def handle_endtag(self, tag):
        if tag == "table" and self.open:
            self.open.pop()
            self.cell = None
        elif tag in ("td", "th", "tr"):
            self.cell = None
