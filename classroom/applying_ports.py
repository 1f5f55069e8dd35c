"""What the actions around applications, money, calendars, messages and mail need from outside, as Protocols."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from classroom.enrolment import Book, Enrolment, EnrolmentState
from classroom.fees import Charge
from classroom.people import (
    CourseId,
    MunicipalityCode,
    PersonId,
)
from classroom.texts import Locale


class Enrolments(Protocol):
    async def get(self, course: CourseId, person: PersonId) -> Enrolment | None: ...

    async def put(self, enrolment: Enrolment, municipality: MunicipalityCode) -> None: ...

    async def put_all(self, changed: Collection[Enrolment], municipality: MunicipalityCode) -> None: ...

    async def taken(self, course: CourseId) -> int:
        """Seats held or on offer."""

    async def book(self, course: CourseId) -> Book:
        """What the seats look like. Exact while the course is locked."""

    async def in_state(self, course: CourseId, *states: EnrolmentState) -> list[Enrolment]:
        """By rank."""

    async def standing(
        self, course: CourseId, asked: Collection[PersonId]
    ) -> dict[PersonId, tuple[Enrolment | None, MunicipalityCode | None]]:
        """Each one's enrolment in the course, if any, and home."""

    async def home_of(self, person: PersonId) -> MunicipalityCode | None: ...

    async def enrolled(self, course: CourseId) -> dict[PersonId, str]:
        """Everybody enrolled → their name."""


class Charges(Protocol):
    async def get(self, course: CourseId, person: PersonId) -> Charge | None: ...

    async def put(self, each: Charge, municipality: MunicipalityCode) -> None: ...


class PaymentGateway(Protocol):
    """Whoever takes the money (`CLASSROOM_PAYMENTS`). Without one, staff say how to pay and write down what was paid."""

    async def address(self, charge: Charge) -> str:
        """Where the person pays what is due. Asked with every look at the page: it must not cost a call."""

    async def is_paid(self, charge: Charge) -> bool:
        """Whether the money for a due charge is there. Asked every 15 s until it is."""

    async def give_back(self, charge: Charge) -> bool:
        """Give back `refund_won`; True when that is done. Asked again until it is: doing it twice must be one refund."""


class Calendars(Protocol):
    async def generation(self, person: PersonId) -> int | None:
        """Of the secret address that works now."""

    async def put(self, person: PersonId, token_hash: str, generation: int) -> None: ...


class Messages(Protocol):
    async def send(self, to: Collection[PersonId], kind: str, data: Mapping[str, Any], now: datetime) -> None:
        """To the inbox of each, and by mail."""

    async def send_each(self, letters: Mapping[PersonId, Mapping[str, Any]], kind: str, now: datetime) -> None:
        """The same kind of message with different words for each."""

    async def read_all(self, person: PersonId, now: datetime) -> int:
        """How many were new."""

    async def unread(self, person: PersonId) -> int: ...


class Mails(Protocol):
    async def queue(self, address: str, kind: str, data: Mapping[str, Any], locale: Locale, now: datetime) -> None:
        """For somebody who has no account (yet)."""

    async def claim(self, now: datetime, most: int = 20) -> list[Any]: ...

    async def sent(self, number: int, now: datetime) -> None: ...

    async def failed(self, number: int, tries: int, now: datetime) -> None: ...
