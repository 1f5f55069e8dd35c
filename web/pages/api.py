"""`/api/v1/…`: the same answers as the pages, for programs. Errors are one shape: `{"error": {"code", "message", "fields"?}}`."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from classroom.courses import CourseKind
from classroom.errors import NotFound
from classroom.people import Viewer
from classroom.queries.cards import CourseCard, LessonCard, RecordingCard
from classroom.texts import Text
from web import auth

T = TypeVar("T")


class ErrorBody(BaseModel):
    code: str
    message: str
    fields: dict[str, str] | None = None


class Error(BaseModel):
    """What every refusal looks like."""

    error: ErrorBody


class Both(BaseModel):
    """A text in both languages."""

    ko: str
    en: str

    @classmethod
    def of(cls, text: Text) -> "Both":
        return cls(ko=text.ko, en=text.en)


class Many(BaseModel, Generic[T]):
    """One page of a list."""

    rows: list[T]
    total: int
    page: int
    pages: int


class MunicipalityOut(BaseModel):
    code: str
    name: Both
    open: bool
    phone: str


class CourseOut(BaseModel):
    id: str
    municipality: str
    slug: str
    title: Both
    summary: Both
    category: str
    kind: str
    instructor: str | None
    capacity: int
    seats_left: int
    application: str
    applies_from: datetime
    applies_until: datetime
    starts_at: datetime | None
    ends_at: datetime | None

    @classmethod
    def of(cls, card: CourseCard) -> "CourseOut":
        return cls(
            id=card.id,
            municipality=card.municipality,
            slug=card.slug,
            title=Both.of(card.title),
            summary=Both.of(card.summary),
            category=card.category,
            kind=card.kind,
            instructor=card.instructor_name,
            capacity=card.capacity,
            seats_left=card.seats_left,
            application=card.application,
            applies_from=card.applies_from,
            applies_until=card.applies_until,
            starts_at=card.first_starts_at,
            ends_at=card.last_ends_at,
        )


class LessonOut(BaseModel):
    id: str
    number: int
    title: Both
    course: Both
    municipality: str
    starts_at: datetime
    ends_at: datetime
    state: str
    recording: str | None

    @classmethod
    def of(cls, card: LessonCard) -> "LessonOut":
        return cls(
            id=card.id,
            number=card.number,
            title=Both.of(card.title),
            course=Both.of(card.course_title),
            municipality=card.municipality,
            starts_at=card.starts_at,
            ends_at=card.ends_at,
            state=card.state,
            recording=card.recording,
        )


class RecordingOut(BaseModel):
    id: str
    lesson: str | None
    title: Both
    course: Both
    municipality: str
    instructor: str | None
    state: str
    duration_s: float | None
    held_at: datetime

    @classmethod
    def of(cls, card: RecordingCard) -> "RecordingOut":
        return cls(
            id=card.recording.id,
            lesson=card.recording.lesson,
            title=Both.of(card.recording.title),
            course=Both.of(card.course_title),
            municipality=card.recording.municipality,
            instructor=card.instructor_name,
            state=card.recording.state,
            duration_s=card.recording.duration_s,
            held_at=card.lesson_starts_at,
        )


class HistoryOut(BaseModel):
    course: str
    title: Both
    municipality: str
    year: int
    starts_at: datetime
    ends_at: datetime
    lessons: int
    lessons_held: int
    lessons_attended: int
    hours: float
    certificate: str | None


class IntervalOut(BaseModel):
    begin: datetime
    end: datetime


class AttendanceOut(BaseModel):
    person: str
    name: str
    intervals: list[IntervalOut]
    minutes: float
    verdict: str
    corrected: bool


class SheetOut(BaseModel):
    lesson: str
    final: bool
    begin: datetime
    end: datetime
    rows: list[AttendanceOut]


PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Words = Annotated[str, Query(max_length=100)]
router = APIRouter(
    prefix="/api/v1",
    responses={
        404: {"model": Error, "description": "Absent, or not yours."},
        422: {"model": Error, "description": "A wrong value."},
    },
)
SIGNED_OUT: dict[int | str, dict[str, object]] = {401: {"model": Error, "description": "Sign in first."}}


@router.get("/municipalities")
async def municipalities(request: Request) -> list[MunicipalityOut]:
    """All 31, whether their site is open or not."""
    found = await auth.services_of(request).store.queries.municipalities()
    return [MunicipalityOut(code=each.code, name=Both.of(each.name), open=each.is_open, phone=each.phone) for each in found]


@router.get("/courses")
async def courses(
    request: Request,
    q: Words = "",
    municipality: str | None = None,
    kind: CourseKind | None = None,
    open: bool = False,
    page: PageNumber = 1,
) -> Many[CourseOut]:
    """Published courses; those one can apply for first."""
    services = auth.services_of(request)
    found = await services.store.queries.courses(
        services.now(), municipality=municipality, search=q, kind=kind, open_only=open, page=page
    )
    return Many(rows=[CourseOut.of(card) for card in found.rows], total=found.total, page=found.number, pages=found.pages)


@router.get("/municipalities/{municipality}/courses/{course}/lessons")
async def lessons(request: Request, municipality: str, course: str) -> list[LessonOut]:
    """A course's timetable."""
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    found = await services.store.queries.course(municipality, course, viewer, services.now())
    if found is None:
        raise NotFound
    return [LessonOut.of(card) for card in found.lessons]


@router.get("/me/history", responses=SIGNED_OUT)
async def history(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> list[HistoryOut]:
    """What I have learned, latest first."""
    services = auth.services_of(request)
    years = await services.store.queries.history(viewer, services.now())
    return [
        HistoryOut(
            course=entry.course,
            title=Both.of(entry.title),
            municipality=entry.municipality,
            year=year.year,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
            lessons=entry.lessons,
            lessons_held=entry.lessons_held,
            lessons_attended=entry.lessons_attended,
            hours=entry.hours,
            certificate=entry.certificate_number,
        )
        for year in years
        for entry in year.entries
    ]


@router.get("/recordings", responses=SIGNED_OUT)
async def recordings(
    request: Request,
    q: Words = "",
    municipality: str | None = None,
    page: PageNumber = 1,
    viewer: Viewer = Depends(auth.need_viewer),
) -> Many[RecordingOut]:
    """Those I may watch, latest first."""
    services = auth.services_of(request)
    found = await services.store.queries.recordings(viewer, services.now(), search=q, municipality=municipality, page=page)
    return Many(rows=[RecordingOut.of(card) for card in found.rows], total=found.total, page=found.number, pages=found.pages)


@router.get("/recordings/{recording}", responses=SIGNED_OUT)
async def recording(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> RecordingOut:
    found = await auth.services_of(request).store.queries.recording(recording, viewer)
    if found is None:
        raise NotFound
    return RecordingOut.of(found)


@router.get("/lessons/{lesson}/attendance", responses=SIGNED_OUT)
async def attendance(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> SheetOut:
    """The sheet, for the lesson's instructor and staff."""
    services = auth.services_of(request)
    page = await services.store.queries.sheet(lesson, viewer, services.now())
    if page is None:
        raise NotFound
    rows = [
        AttendanceOut(
            person=row.attendance.person,
            name=row.attendance.name,
            intervals=[IntervalOut(begin=each.begin, end=each.end) for each in row.attendance.intervals],
            minutes=row.attendance.minutes,
            verdict=row.verdict,
            corrected=row.correction is not None,
        )
        for row in page.rows
    ]
    return SheetOut(lesson=page.lesson.id, final=page.is_final, begin=page.begin, end=page.end, rows=rows)
