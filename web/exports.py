"""Tables as CSV and Excel files that a spreadsheet opens without running anything in them."""

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter
from starlette.responses import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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


def xlsx_file(head: Sequence[str], rows: Iterable[Sequence[object]], title: str = "1") -> bytes:
    """The same table as an Excel workbook. Text is written as text: nothing in it becomes a formula, a link or a number."""
    buffer = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, settings)
    sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:31] or "1")
    bold = book.add_format({"bold": True, "bottom": 1})
    widths = [len(name) for name in head]
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, cell(value))
            widths[column] = max(widths[column], min(60, len(str(value or ""))))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width * 1.6 + 2)  # Hangul is wider than the digits a width is counted in
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def as_file(kind: str, name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download; `kind` is "csv" or "xlsx"."""
    excel = kind == "xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "private, no-store"}
    media_type = XLSX if excel else "text/csv; charset=utf-8"
    return Response(xlsx_file(head, rows) if excel else csv_file(head, rows), media_type=media_type, headers=headers)
