"""The one wall clock of the pages, commands and jobs."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
