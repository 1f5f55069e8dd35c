"""How long which personal data is kept (pure). What goes and what stays of each kind, in words: `web/texts/retention.py`.

Recordings have their own rule (`catalogue.RetentionPolicy`), as have closed accounts and links in mails (`accounts.py`).
Certificates, seats that were held, attendance and what was learned are kept for life: they are no kind of this list.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from classroom.history import SEOUL

LONGEST_DAYS = 3_650


class Kind(StrEnum):
    MAILS = "mails"
    """Sent, or given up; from the day they were queued."""
    MESSAGES = "messages"
    """In inboxes, read or not."""
    SESSIONS = "sessions"
    """From the day they run out."""
    CHAT = "chat"
    """What was written in class, from when it was written: the words. That somebody wrote then stays in the log."""
    EXCUSES = "excuses"
    """Reason and document, from the decision; never decided: from the end of the course. The decision stays."""
    WORK = "work"
    """Texts and files handed in for assignments, from the end of the course. Result and feedback stay."""
    QUIZZES = "quizzes"
    """What was answered, from the end of the course. Result and date of every attempt stay."""
    APPLICATIONS = "applications"
    """Which led to no seat, from the end of the course. Those with a fee, or with attendance, stay."""
    ACCESS_LOG = "access-log"
    """Who looked at whose data: its oldest rows."""


@dataclass(frozen=True, slots=True)
class Rule:
    default_days: int
    least_days: int


RULES: dict[Kind, Rule] = {
    Kind.MAILS: Rule(90, 30),  # the system's status counts those given up in 30 days
    Kind.MESSAGES: Rule(365, 30),
    Kind.SESSIONS: Rule(90, 1),
    Kind.CHAT: Rule(365, 30),  # the database's own guard refuses younger ones as well
    Kind.EXCUSES: Rule(365, 30),
    Kind.WORK: Rule(365, 90),
    Kind.QUIZZES: Rule(365, 90),
    Kind.APPLICATIONS: Rule(365, 90),  # a draw can be checked, and a refusal be argued about, as long
    Kind.ACCESS_LOG: Rule(1_096, 731),  # two years are the law's; the database's own guard refuses less as well
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one day's run deleted of one kind."""

    kind: Kind
    day: date
    """In Korea."""
    days: int
    """The period it went by."""
    rows: int
    files: int
    done: bool
    """False: there was more than one turn may take; it goes on."""
    at: datetime
    """When it last deleted, or found nothing more."""


def day_of(now: datetime) -> date:
    return now.astimezone(SEOUL).date()


def cutoff(kind: Kind, days: int, now: datetime) -> datetime:
    """What is older goes: whole days in Korea, so that one run a day is enough; never less than the least of the kind."""
    kept = timedelta(days=max(days, RULES[kind].least_days))
    return datetime.combine(day_of(now), time(), SEOUL) - kept
