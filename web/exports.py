"""Tables as CSV files that a spreadsheet opens without running anything in them (pure)."""

import csv
import io
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads Korean as something else."""
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: object) -> str:
    """Text that stays text: a cell that would be taken for a formula is led by an apostrophe (OWASP CSV injection)."""
    plain = "" if value is None else str(value)
    return f"'{plain}" if plain.lstrip(" \u3000").startswith(_STARTS_A_FORMULA) or plain.startswith(_STARTS_A_FORMULA) else plain


def csv_file(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """RFC 4180 in UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([cell(name) for name in head])
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return (BYTE_ORDER_MARK + buffer.getvalue()).encode()
