"""The derived list of courses: one narrow row a course, with everything lists sort, filter and search by.

Searching is finding a part of a word, anywhere: Korean puts particles behind words and people leave spaces out. Over 20,000 rows
of 300 characters that is a scan of a few milliseconds on both databases; see NOTES.md for what else was measured.
"""

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from classroom.admission import Mode
from classroom.courses import CATEGORIES, Course
from classroom.enrolment import SEATED, EnrolmentState
from classroom.people import CourseId
from classroom.store import rows
from classroom.store.applying import course_index, course_shares
from classroom.store.repository import Repository
from classroom.store.tables import courses, enrolments, lessons

_MOST_WORDS = 8


def normal(text: str) -> str:
    """What is compared: one case, one form of each letter, one space."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def searched(course: Course) -> str:
    parts = (course.title, course.summary, course.place, CATEGORIES.get(course.category, course.title))
    plain = normal(" ".join(f"{each.ko} {each.en}" for each in parts))
    return f"{plain}\n{plain.replace(' ', '')}"


def finds(search: str, is_postgresql: bool) -> list[ColumnElement[bool]]:
    """Every word of `search` is in the text."""
    place = func.strpos if is_postgresql else func.instr
    return [place(course_index.c.text, word) > 0 for word in normal(search).split()[:_MOST_WORDS]]


def seats(course: Any, *states: EnrolmentState) -> Any:
    """How many of a course are in one of these states, as a subquery."""
    counted = (enrolments.c.course == course) & enrolments.c.state.in_(states)
    return select(func.count()).select_from(enrolments).where(counted).scalar_subquery()


class CourseIndex(Repository):
    async def renew(self, course: CourseId) -> None:
        """After a change of the course or its timetable."""
        row = await self.first(select(courses).where(courses.c.id == course))
        assert row is not None, "only courses that exist are listed"
        each = rows.course(row)
        planned = lessons.c.cancelled_at.is_(None) & (lessons.c.course == course)
        times = await self.first(
            select(
                func.count().label("number"),
                func.min(lessons.c.starts_at, type_=lessons.c.starts_at.type).label("starts_at"),
                func.max(lessons.c.ends_at, type_=lessons.c.ends_at.type).label("ends_at"),
            ).where(planned)
        )
        values = index_values(each, times.number, times.starts_at, times.ends_at)
        values |= {"taken": seats(course, *SEATED), "waiting": seats(course, EnrolmentState.WAITING)}
        statement = self.insert(course_index).values(values)
        changes = {name: value for name, value in values.items() if name != "course"}
        await self.run(statement.on_conflict_do_update(index_elements=["course"], set_=changes))
        await self.run(delete(course_shares).where(course_shares.c.course == course))
        if each.admission.quotas:
            shares = [{"course": course, "municipality": code} for code in each.admission.quotas]
            await self.run(course_shares.insert().values(shares))

    async def recount(self, course: CourseId) -> None:
        """After a change of who has a seat."""
        counts = {"taken": seats(course, *SEATED), "waiting": seats(course, EnrolmentState.WAITING)}
        await self.run(update(course_index).where(course_index.c.course == course).values(counts))


def index_values(each: Course, number: int, starts_at: Any, ends_at: Any) -> dict[str, Any]:
    """All columns but the seats."""
    late_until = starts_at or each.applies_until
    return {
        "course": each.id,
        "municipality": each.municipality,
        "category": each.category,
        "kind": str(each.kind),
        "level": each.level,
        "audience": each.audience,
        "state": str(each.state),
        "text": searched(each),
        "lessons": number,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "applies_from": each.applies_from,
        "applies_until": max(each.applies_until, late_until) if each.admission.late else each.applies_until,
        "capacity": each.capacity,
        "collects": each.admission.mode != Mode.FIRST_COME,
    }
