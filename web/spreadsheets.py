"""Tables people bring, CSV or XLSX, into rows of plain text. Nothing in a file is run or fetched."""

import csv
import io
import zipfile

MAX_BYTES = 2_000_000
"""Of a file."""
MAX_RETURNED = 6_000_000
"""Of a table that a preview sends back as text: Korean takes half as much again in UTF-8, a workbook is unpacked."""
MAX_ROWS = 5_000
MAX_COLUMNS = 60
MAX_CELL = 5_000
MAX_UNPACKED = 40_000_000
"""An XLSX is an archive: what it may unpack to."""
MAX_RATIO = 200


class TableUnreadable(Exception):
    """`code` names the sentence: "table-too-large", "table-unknown", "table-encoding", "table-empty"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_table(data: bytes, *, keep_blank: bool = False, most: int = MAX_BYTES) -> list[list[str]]:
    """Rows of cells, told by content, not by name; blank rows are left out, or are [] so that rows keep their numbers.

    Raises TableUnreadable.
    """
    if len(data) > most:
        raise TableUnreadable("table-too-large")
    found = _xlsx(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    rows = found if keep_blank else [row for row in found if row]
    if not any(rows):
        raise TableUnreadable("table-empty")
    if len(rows) > MAX_ROWS + 1 or any(len(row) > MAX_COLUMNS or any(len(cell) > MAX_CELL for cell in row) for row in rows):
        raise TableUnreadable("table-too-large")
    return rows


def decode(data: bytes) -> str:
    """UTF-8 with or without a byte order mark, UTF-16 with one, else CP949 (what Korean Excel saves). Raises TableUnreadable."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp949")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise TableUnreadable("table-encoding")


def _csv(data: bytes) -> list[list[str]]:
    text = decode(data)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as wrong:
        raise TableUnreadable("table-unknown") from wrong
    rows = [[cell.strip() for cell in row] for row in found]
    return [row if any(row) else [] for row in rows]


def _xlsx(data: bytes) -> list[list[str]]:
    from openpyxl import load_workbook  # 10 MB that only an import needs

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MAX_UNPACKED or unpacked > len(data) * MAX_RATIO:
                raise TableUnreadable("table-too-large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        rows = []
        for values in sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1, values_only=True):
            row = ["" if value is None else _plain(value) for value in values]
            while row and not row[-1]:
                row.pop()
            rows.append(row)
        while rows and not rows[-1]:
            rows.pop()
    except TableUnreadable:
        raise
    except Exception as wrong:  # a broken archive makes openpyxl raise whatever it stumbles over
        raise TableUnreadable("table-unknown") from wrong
    return rows


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    iso = getattr(value, "isoformat", None)
    return str(iso() if callable(iso) else value).removesuffix("T00:00:00").strip()
