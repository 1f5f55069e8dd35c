"""Dates, times, durations and numbers as people here write them; always Korean time (UTC+9, no summer time)."""

from datetime import UTC, date, datetime, timedelta, timezone

from web.i18n import Language

SEOUL = timezone(timedelta(hours=9), "KST")
_DAYS_KO = "월화수목금토일"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def in_seoul(moment: datetime) -> datetime:
    assert moment.tzinfo is not None, "every moment carries its zone"
    return moment.astimezone(SEOUL)


def day(value: date | datetime, language: Language) -> str:
    """2026. 11. 23.(월) · Mon 23 Nov 2026"""
    value = in_seoul(value) if isinstance(value, datetime) else value
    if language == "ko":
        return f"{value.year}. {value.month}. {value.day}.({_DAYS_KO[value.weekday()]})"
    return f"{_DAYS_EN[value.weekday()]} {value.day} {_MONTHS_EN[value.month - 1]} {value.year}"


def short_day(value: date | datetime, language: Language) -> str:
    """11. 23.(월) · Mon 23 Nov"""
    value = in_seoul(value) if isinstance(value, datetime) else value
    if language == "ko":
        return f"{value.month}. {value.day}.({_DAYS_KO[value.weekday()]})"
    return f"{_DAYS_EN[value.weekday()]} {value.day} {_MONTHS_EN[value.month - 1]}"


def month(value: str, language: Language) -> str:
    """2026-11 as people write it: 2026년 11월 · Nov 2026"""
    year, number = (int(part) for part in value.split("-"))
    return f"{year}년 {number}월" if language == "ko" else f"{_MONTHS_EN[number - 1]} {year}"


def clock(moment: datetime) -> str:
    """19:00"""
    return f"{in_seoul(moment):%H:%M}"


def day_time(moment: datetime, language: Language) -> str:
    return f"{day(moment, language)} {clock(moment)}"


def span(start: datetime, end: datetime, language: Language) -> str:
    """2026. 11. 23.(월) 19:00–21:00; the second day is named only when it is another one."""
    first, last = in_seoul(start), in_seoul(end)
    if first.date() == last.date():
        return f"{day(first.date(), language)} {first:%H:%M}–{last:%H:%M}"
    return f"{day_time(start, language)} – {day_time(end, language)}"


def period(start: date | datetime, end: date | datetime, language: Language) -> str:
    """2026. 11. 23.(월) ~ 12. 4.(금)"""
    start = in_seoul(start).date() if isinstance(start, datetime) else start
    end = in_seoul(end).date() if isinstance(end, datetime) else end
    if start == end:
        return day(start, language)
    last = short_day(end, language) if start.year == end.year else day(end, language)
    return f"{day(start, language)} ~ {last}" if language == "ko" else f"{day(start, language)} – {last}"


def duration(seconds: float, language: Language) -> str:
    """1시간 5분 · 1 h 5 min; under a minute in seconds."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole % 3600 // 60
    if whole < 60:
        return f"{whole}초" if language == "ko" else f"{whole} s"
    if language == "ko":
        return " ".join(filter(None, (f"{hours}시간" if hours else "", f"{minutes}분" if minutes else "")))
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")))


def position(seconds: float) -> str:
    """1:05:09 or 5:09, as players write it."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def hours(minutes: float) -> str:
    """Learning hours with at most one decimal: 12, 1.5"""
    return f"{minutes / 60:.1f}".removesuffix(".0")


def number(value: float) -> str:
    return f"{value:,.0f}"


def file_size(size_bytes: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} GB"


def iso(moment: datetime) -> str:
    """For <time datetime> and scripts."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def as_typed(moment: datetime) -> str:
    """For the value of an `<input type="datetime-local">`."""
    return f"{in_seoul(moment):%Y-%m-%dT%H:%M}"


def mask(name: str) -> str:
    """What other learners see of a name: 홍*동, 김*, J*** Smith's first letter only."""
    name = name.strip()
    if len(name) <= 1:
        return "*"
    if " " in name:
        return " ".join(part[0] + "*" * min(3, len(part) - 1) for part in name.split() if part)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * min(4, len(name) - 2) + name[-1]
