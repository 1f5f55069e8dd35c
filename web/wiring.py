"""Builds store, bus, rooms, storage and pages from settings: the one place that chooses."""

import asyncio
import contextlib
import importlib
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta

from fastapi import FastAPI

from classroom.applying_ports import PaymentGateway
from classroom.badges import BadgeIssuer, new_key
from classroom.errors import DatabaseNewer
from classroom.events import MARK_TYPES
from classroom.passwords import Passwords
from classroom.pdf import TypstCertificates
from classroom.store.unit_of_work import Store
from recording.publish import open_storage
from signaling.bus import Bus, MemoryBus
from signaling.errors import Refused
from signaling.facts import FACT, AnyFact
from signaling.ports import LessonInfo, WorkerAddress
from signaling.redis_bus import RedisBus
from signaling.server import RoomServer
from signaling.spool import Spool
from web.app import create_app
from web.clock import utc_now
from web.heartbeat import beat_forever
from web.interop.oidc import Provider
from web.mail import FolderTransport, Mailer, SmtpTransport, sender_of
from web.pages.admin.status import shown
from web.parent import end_with
from web.rounds import Rounds
from web.services import Services, WebSettings
from web.settings import SECRETS, DataFolder, Settings, database_url
from web.shelf_keeper import ShelfKeeper
from web.storage_watch import StorageWatch
from web.upload_folder import UploadFolder
from web.workers import FactKeeper

UNFINISHED_SINCE = timedelta(days=1)


class CannotStart(Exception):
    """One sentence for the operator."""


class RoomLessons:
    """What signalling asks about lessons, answered by the academic store (`signaling.ports.Lessons` and `FactLog`)."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def describe(self, lesson: str) -> LessonInfo:
        found = await self._store.queries.find_lesson(lesson)
        if found is None:
            raise Refused("lesson-unknown")
        scheduled, course = found
        return LessonInfo(
            lesson=scheduled.id,
            title=scheduled.title.ko,
            course=course.title.ko,
            starts_at=scheduled.starts_at,
            ends_at=scheduled.ends_at,
            auto_record=course.auto_record,
            checks_per_hour=course.attendance.checks_per_hour,
        )

    async def shut_out(self, persons: Collection[str]) -> set[str]:
        return await self._store.queries.shut_out(persons)

    async def unnamed(self, captioners: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        return await self._store.queries.unnamed(captioners)

    async def facts(self, lesson: str) -> Sequence[AnyFact]:
        """Those a room makes; what others wrote down of the lesson (who was ticked off in a hall) is none of its business."""
        found = await self._store.queries.facts(lesson)
        return [FACT.validate_python(fact.to_json()) for fact in found if fact.type not in MARK_TYPES]

    async def unfinished(self) -> Sequence[str]:
        now = self._now()
        rows = await self._store.queries.cli_lessons(now)
        return [
            str(row["id"])
            for row in rows
            if row["state"] not in ("ended", "cancelled")
            and abs(datetime.fromisoformat(str(row["starts_at"])) - now) < UNFINISHED_SINCE
        ]


def worker_addresses(settings: Settings) -> list[WorkerAddress]:
    """Where media workers listen for control: the supervisor's of this machine, then those of other machines."""
    places = [*filter(None, os.environ.get("CLASSROOM_INTERNAL_WORKERS", "").split(",")), *settings.nodes()]
    return [WorkerAddress(f"worker-{number}", f"ws://{place}") for number, place in enumerate(places)]


def load_gateway(named: str) -> PaymentGateway | None:
    """The payment gateway an installation brings along, made without arguments. Raises CannotStart."""
    if not named:
        return None
    module, _, name = named.partition(":")
    try:
        gateway: PaymentGateway = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError, ValueError) as wrong:
        raise CannotStart(f"CLASSROOM_PAYMENTS: {named} cannot be used ({wrong}).") from None
    return gateway


def prepare(settings: Settings, folder: DataFolder) -> None:
    """Before anything is served: the database is of this version and, with --demo, the demo world exists. Raises CannotStart.

    In a process of its own: migrations, and the film and certificates of a first demo, would leave 40 MB behind for ever.
    """
    forking = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, forking, initializer=end_with, initargs=(os.getpid(),)) as child:
        child.submit(_prepare, settings, folder).result()


def _prepare(settings: Settings, folder: DataFolder) -> None:
    from classroom.store.migrate import upgrade

    try:
        upgrade(database_url(settings))
    except DatabaseNewer as newer:
        raise CannotStart(str(newer)) from None
    except OSError as wrong:
        raise CannotStart(f"CLASSROOM_DATABASE_URL: the database cannot be reached ({wrong.strerror or wrong}).") from None
    if settings.demo:
        from web.demo import seed_demo

        asyncio.run(seed_demo(settings, folder, utc_now()))


def build_app(settings: Settings, folder: DataFolder) -> FastAPI:
    """Everything the pages and rooms need, opened when the server starts and closed when it stops. Raises CannotStart."""
    prepare(settings, folder)
    secret = folder.secret(settings)
    store = Store(database_url(settings))
    own_bus = MemoryBus(Spool(folder.facts))
    bus: Bus = RedisBus(settings.redis_url, stream="classroom:facts", consumer="web") if settings.redis_url else own_bus
    lessons = RoomLessons(store, utc_now)
    rooms = RoomServer(
        secret=secret,
        lessons=lessons,
        facts=lessons,
        bus=bus,
        workers=worker_addresses(settings),
        spare_workers=int(os.environ.get("CLASSROOM_INTERNAL_SPARES", "0")),
        control_secret=folder.control_secret(settings),
        capture_directory=folder.capture,
        viewers_per_worker=settings.media_share,
    )
    smtp = settings.smtp_url.get_secret_value()
    mailer = Mailer(
        store,
        SmtpTransport(smtp) if smtp else FolderTransport(folder.mail),
        sender=sender_of(settings.mail_from, settings.address),
        public_url=settings.address,
        now=utc_now,
    )
    payments = load_gateway(settings.payments)
    storage = open_storage(folder.root, settings.storage_url or None)
    # Facts of a shared stream may be the other owner's: they cannot be told from ours.
    owner = "" if settings.redis_url else os.environ.get("CLASSROOM_INTERNAL_OWNER", "")
    keeper = FactKeeper(store, utc_now, storage.delete, owner)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await bus.start()
        # The consumer first: a fact of a restarted room must find somebody who writes it down.
        keeping = [
            asyncio.create_task(bus.subscribe("classroom", keeper.receive)),
            asyncio.create_task(keeper.settle_forever()),
            asyncio.create_task(beat_forever()),
            asyncio.create_task(keeper.count_forever()),
            asyncio.create_task(mailer.forever()),
            asyncio.create_task(Rounds(store, utc_now, payments).forever()),
            asyncio.create_task(keeper.erase_forever()),
            asyncio.create_task(ShelfKeeper(store, storage, folder.recordings, utc_now).run_forever()),
            asyncio.create_task(StorageWatch(store, rooms, folder.recordings, utc_now).forever()),
        ]
        await own_bus.caught_up()  # with what a killed process left: rooms are made again of what is written down
        await rooms.start()
        yield
        await rooms.stop()
        await bus.stop()
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        await store.close()

    return create_app(
        Services(
            settings=WebSettings(
                secret=secret,
                public_url=settings.address,
                hosts=settings.hosts(),
                demo=settings.demo,
                metrics_token=settings.metrics_token.get_secret_value(),
            ),
            store=store,
            hasher=Passwords(),
            certificates=TypstCertificates(),
            badges=BadgeIssuer(settings.address, lambda: folder.badge_key(new_key)),
            rooms=rooms,
            storage=storage,
            data_dir=folder.root,
            uploads=UploadFolder(folder.uploads),
            payments=payments,
            media_stats=rooms.media_stats,
            shown_settings=shown(settings.model_dump(), SECRETS),
            oidc=Provider(
                issuer=settings.oidc_issuer,
                client_id=settings.oidc_client_id,
                client_secret=settings.oidc_client_secret.get_secret_value(),
                name=settings.oidc_name,
            )
            if settings.oidc_issuer
            else None,
        ),
        lifespan=lifespan,
    )
