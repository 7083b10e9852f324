"""Reports on tables: what is in each column of a CSV file, and exact totals by group."""

import csv
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal, Optional, Union


@dataclass
class ColumnReport:
    """What one column holds. The figures are absent where the column is not numeric."""

    name: str
    kind: Literal["number", "text", "empty"]
    missing: int
    distinct: int
    minimum: Union[float, str, None] = None
    maximum: Union[float, str, None] = None
    mean: Optional[float] = None
    median: Optional[float] = None
    stdev: Optional[float] = None


@dataclass
class TableReport:
    """What a table holds."""

    rows: int
    delimiter: str
    columns: list[ColumnReport]


def _delimiter(table: Path) -> str:
    """Guesses the delimiter from the head of the file; a file with one column has none, which reads like a comma."""
    with table.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.readline()
    return max(",;\t|", key=head.count)


def _rows(table: Path) -> Iterator[dict[str, str]]:
    with table.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream, delimiter=_delimiter(table), restval=""):
            row.pop(None, None)  # type: ignore[call-overload]  # cells beyond the header have no name
            yield {name: value.strip() for name, value in row.items()}


def _numbers(cells: list[str]) -> Optional[list[float]]:
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return None


def _column(name: str, cells: list[str]) -> ColumnReport:
    present = [cell for cell in cells if cell]
    numbers = _numbers(present)
    report = ColumnReport(
        name=name,
        kind="empty" if not present else "text" if numbers is None else "number",
        missing=len(cells) - len(present),
        distinct=len(set(present)),
    )
    if numbers:
        report.minimum, report.maximum = min(numbers), max(numbers)
        report.mean = round(statistics.fmean(numbers), 6)
        report.median = round(statistics.median(numbers), 6)
        report.stdev = round(statistics.stdev(numbers), 6) if len(numbers) > 1 else None
    elif present:
        report.minimum, report.maximum = min(present), max(present)
    return report


def summarise(table: Path) -> TableReport:
    """Summarises every column of a table.

    Args:
        table: A CSV file in UTF-8 with a header row; comma, semicolon, tab and bar are recognised as delimiters.

    Returns:
        The number of rows and, by column, its kind, missing and distinct values, range and the usual statistics.

    Raises:
        ValueError: The table has no rows.
    """
    rows = list(_rows(table))
    if not rows:
        raise ValueError(f"{table.name} has no rows below its header")
    columns = [_column(name, [row[name] for row in rows]) for name in rows[0]]
    return TableReport(rows=len(rows), delimiter=_delimiter(table), columns=columns)


def totals(table: Path, by: str, amount: str) -> dict[str, Decimal]:
    """Adds up one column by the values of another, exactly, as bookkeeping wants it.

    Args:
        table: A CSV file in UTF-8 with a header row.
        by: The column to group by.
        amount: The column to add up; empty cells count as nothing.

    Returns:
        The total by group, in the order of the groups' names.

    Raises:
        ValueError: A column does not exist, or a cell of the amount column is not a number.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for number, row in enumerate(_rows(table), start=2):
        for column in (by, amount):
            if column not in row:
                raise ValueError(f"{table.name} has no column {column!r}; it has {', '.join(row)}")
        try:
            sums[row[by]] += Decimal(row[amount] or 0)
        except InvalidOperation:
            raise ValueError(f"line {number}: {row[amount]!r} in column {amount!r} is not a number") from None
    return dict(sorted(sums.items()))


def _main() -> None:
    import sys

    for column in summarise(Path(sys.argv[1])).columns:
        print(column)


if __name__ == "__main__":
    _main()
