"""Everything the pages need from outside, in one frozen object that `wiring.py` fills and tests fill differently."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from starlette.websockets import WebSocket

from classroom.applying_ports import PaymentGateway
from classroom.badges import BadgeIssuer
from classroom.certificate_ports import CertificateRenderer
from classroom.people_ports import PasswordHasher
from classroom.ports import Transactions
from classroom.queries.everything import Queries
from media.control import StatsTaken
from recording.manifest import Manifest
from web.clock import utc_now
from web.interop.oidc import Provider
from web.interop.whip import Rooms
from web.limits import MailGuard, SignInGuard
from web.upload_folder import UploadFolder


class Store(Transactions, Protocol):
    """`classroom.store`: what writes and what answers."""

    @property
    def queries(self) -> Queries: ...


class Counts(Protocol):
    """What `/metrics` says of the rooms of this process."""

    @property
    def rooms(self) -> int: ...
    @property
    def peers(self) -> int: ...
    @property
    def connections(self) -> int: ...
    @property
    def recordings(self) -> int: ...
    @property
    def recordings_troubled(self) -> int:
        """Of these, how many cannot be written just now."""

    @property
    def workers(self) -> int: ...
    @property
    def workers_up(self) -> int: ...


class RoomServer(Rooms, Protocol):
    """The signalling side of lessons (`signaling.server.RoomServer`)."""

    @property
    def ready(self) -> bool: ...

    async def serve(self, websocket: WebSocket, lesson: str) -> None:
        """Take over an unaccepted WebSocket of `/ws/rooms/{lesson}` until it is closed. Rights are proven by its ticket."""
        ...

    async def refresh(self, lesson: str) -> None:
        """Its title or times were edited."""

    def counts(self) -> Counts: ...


class ObjectInfo(Protocol):
    @property
    def size(self) -> int: ...
    @property
    def etag(self) -> str | None: ...
    @property
    def mime(self) -> str: ...


class Storage(Protocol):
    """Files of recordings (`recording.publish.Storage`); a key is `<recording>/<file>`, or `uploads/<file>`."""

    async def head(self, key: str) -> ObjectInfo: ...

    def open_range(self, key: str, start: int, end: int) -> AsyncIterator[bytes]: ...

    async def put(self, key: str, data: bytes) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def read_manifest(self, recording: str) -> Manifest: ...


async def no_stats() -> Mapping[str, StatsTaken]:
    return {}


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the pages must know of the configuration."""

    secret: str
    """Signs join tickets (the same key signalling verifies with) and the known-device cookie."""
    public_url: str = "http://127.0.0.1:8000"
    """What people type, without a slash at the end; https makes cookies Secure."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Host name → municipality whose site it shows at "/"."""
    metrics_token: str = ""
    """Lets other machines read `/metrics`; this machine always may."""
    demo: bool = False
    """Shows the demo accounts on the sign-in page."""

    @property
    def host(self) -> str:
        """The name the platform itself is reached by."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Services:
    """The ports of the pages."""

    settings: WebSettings
    store: Store
    hasher: PasswordHasher
    certificates: CertificateRenderer
    rooms: RoomServer
    storage: Storage
    uploads: UploadFolder
    badges: BadgeIssuer = field(default_factory=BadgeIssuer)
    """Signs Open Badges."""
    guard: SignInGuard = field(default_factory=SignInGuard)
    """Against guessing passwords; give it shared storage when there are several web processes."""
    mail_guard: MailGuard = field(default_factory=MailGuard)
    """Against flooding somebody's mailbox through our forms."""
    oidc: Provider | None = None
    """The outside provider people may sign in by."""
    payments: PaymentGateway | None = None
    """Takes fees and gives them back; None: staff do."""
    media_stats: Callable[[], Awaitable[Mapping[str, StatsTaken]]] = no_stats
    """What each media worker counts, for `/metrics`."""
    shown_settings: Mapping[str, str] = field(default_factory=dict)
    """The configuration, secrets hidden, for the status page."""
    data_dir: Path | None = None
    """Where classes are recorded just now; None when that is another machine: then nobody watches from the beginning."""
    now: Callable[[], datetime] = utc_now
