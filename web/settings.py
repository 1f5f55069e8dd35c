"""Environment and flags → one frozen Settings. A wrong value stops the start with one sentence that names it.

Every flag of `classroom serve` is also a variable `CLASSROOM_…`; the flag wins. The table in README.md is made of the
descriptions below (`tests/test_docs.py` compares).
"""

import contextlib
import hashlib
import hmac
import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CLASSROOM_"
MIN_SECRET_CHARACTERS = 32
MIN_TOKEN_CHARACTERS = 16
SECRETS = ("secret", "metrics_token", "smtp_url", "oidc_client_secret")
"""Never handed on as text: children read them from the environment they inherit."""


class SettingsWrong(Exception):
    """One sentence for the operator."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address the pages are served on.")
    port: int = Field(8000, ge=0, le=65_535, description="TCP port of pages and signalling (0 = any free one).")
    data: Path = Field(Path(".data"), description="Folder that holds everything written; created if absent.")
    demo: bool = Field(False, description="Seed the demo world once.")
    media_workers: int = Field(1, ge=1, le=64, description="Media worker processes; one per core that may be used up.")
    media_port: int = Field(
        40_000, ge=1_024, le=65_000, description="UDP and TCP port of the first worker; the next ones follow."
    )
    media_ips: str = Field(
        "", description="Addresses media is offered on, comma separated; empty = loopback and this machine's own address."
    )
    media_share: int = Field(
        400, ge=1, description="Viewers of one class on one media worker before further ones go to the machine's next worker."
    )
    media_nodes: str = Field(
        "", description="Control addresses of `classroom media-worker` on other machines, HOST:PORT, comma separated."
    )
    database_url: str = Field("", description="SQLAlchemy address of PostgreSQL; empty = SQLite in the data folder.")
    redis_url: str = Field("", description="Redis for facts between processes; empty = in this process.")
    storage_url: str = Field("", description="Object storage of recordings (s3://bucket/prefix); empty = the data folder.")
    secret: SecretStr = Field(SecretStr(""), description="Signs sessions and tickets; empty = a key kept in the data folder.")
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token for /metrics from other machines; empty = this machine alone may read it."
    )
    oidc_issuer: str = Field("", description="OpenID provider people may sign in by, e.g. https://id.example.kr; empty = none.")
    oidc_client_id: str = Field("", description="Our name at that provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Our secret at that provider.")
    oidc_name: str = Field("OpenID", description="What the provider is called on the sign-in button.")
    public_url: str = Field("", description="Address people type, e.g. https://learn.example.kr; empty = from host and port.")
    tls_cert: Path | None = Field(None, description="Certificate (PEM) for https without a proxy in front.")
    tls_key: Path | None = Field(None, description="Its private key (PEM).")
    tls_self_signed: bool = Field(False, description="Make a certificate for a trial on a local network.")
    site_hosts: str = Field("", description="Host names that show one site, e.g. learn.suwon.example=suwon, comma separated.")
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="Where mail is handed in, e.g. smtp://user:password@mail.example.kr:587 (STARTTLS) or smtps://…:465; "
        "empty = files in the data folder.",
    )
    payments: str = Field("", description="Payment gateway, MODULE:NAME of a `PaymentGateway`; empty = staff settle by hand.")
    mail_from: str = Field("", description="Sender of mail; empty = no-reply@ and the host of the public address.")
    trusted_proxies: str = Field("", description="Addresses of proxies whose X-Forwarded-For counts, comma separated.")

    @field_validator("media_ips")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for part in filter(None, (piece.strip() for piece in value.split(","))):
            try:
                address = ipaddress.ip_address(part)
            except ValueError:
                raise ValueError(f"{part!r} is not an IP address") from None
            if address.is_unspecified:
                raise ValueError(f"{part} is not an address a browser can reach; name the machine's own")
        return value

    @field_validator("media_nodes")
    @classmethod
    def _nodes(cls, value: str) -> str:
        for part in filter(None, (piece.strip() for piece in value.split(","))):
            host, _, port = part.rpartition(":")
            if not host or not port.isdigit() or not 0 < int(port) < 65_536:
                raise ValueError(f"{part!r} is not HOST:PORT")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not value.startswith(("postgresql", "sqlite")):
            raise ValueError("must begin with postgresql:// or sqlite://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("storage_url")
    @classmethod
    def _storage(cls, value: str) -> str:
        if value and not value.startswith(("s3://", "file://")):
            raise ValueError("must begin with s3:// or file://")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))):
            raise ValueError("must be an https:// address")
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must be a whole address such as https://learn.example.kr")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value.get_secret_value() and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("must be smtp://HOST:PORT or smtps://HOST:PORT")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if value and (value.count("@") != 1 or any(c in value for c in "\r\n<>")):
            raise ValueError("must be an address such as no-reply@learn.example.kr")
        return value

    @field_validator("site_hosts")
    @classmethod
    def _hosts(cls, value: str) -> str:
        for part in filter(None, (piece.strip() for piece in value.split(","))):
            host, _, municipality = part.partition("=")
            if not host or not municipality:
                raise ValueError(f"{part!r} is not HOST=MUNICIPALITY")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < MIN_TOKEN_CHARACTERS:
            raise ValueError(f"needs at least {MIN_TOKEN_CHARACTERS} characters")
        return value

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < MIN_SECRET_CHARACTERS:
            raise ValueError(f"needs at least {MIN_SECRET_CHARACTERS} characters")
        return value

    @model_validator(mode="after")
    def _pairs(self) -> "Settings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key come together")
        return self

    @property
    def https(self) -> bool:
        return self.tls_cert is not None or self.tls_self_signed

    @property
    def address(self) -> str:
        """What people type to reach us, without a slash at the end."""
        if self.public_url:
            return self.public_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.https else 'http'}://{host}:{self.port}"

    @property
    def is_reachable_for_browsers_media(self) -> bool:
        """Browsers hand out camera and microphone only to https or the machine itself (Secure Contexts)."""
        parts = urlsplit(self.address)
        return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")

    def media_addresses(self) -> list[str]:
        return [part.strip() for part in self.media_ips.split(",") if part.strip()]

    def nodes(self) -> list[str]:
        """HOST:PORT of media workers on other machines."""
        return [part.strip() for part in self.media_nodes.split(",") if part.strip()]

    def hosts(self) -> dict[str, str]:
        """Host name → municipality whose site it shows."""
        pairs = (part.strip().partition("=") for part in self.site_hosts.split(",") if part.strip())
        return {host.lower(): municipality for host, _, municipality in pairs}

    def environment(self) -> dict[str, str]:
        """These settings as variables for a child process; secrets stay in their file or in our own environment."""
        named = {
            name: value
            for name, value in self.model_dump().items()
            if name not in SECRETS and value not in (None, "", False) and name in type(self).model_fields
        }
        return {PREFIX + name.upper(): str(value) for name, value in named.items()}


def read_settings(environ: Mapping[str, str] = os.environ, **flags: object) -> Settings:
    """Settings from `CLASSROOM_…` and flags (None = not given). Raises SettingsWrong with one sentence."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    internal = {name for name in environ if name.startswith(PREFIX + "INTERNAL_")}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known | internal:
            raise SettingsWrong(f"{name} is not a setting of this version; see the table in README.md.")
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else "The settings"
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise SettingsWrong(f"{name}: {reason}.") from None


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything lies that is written."""

    root: Path

    @property
    def recordings(self) -> Path:
        return self.root / "recordings"

    @property
    def mail(self) -> Path:
        """Where mail goes while no SMTP server is named."""
        return self.root / "mail"

    @property
    def facts(self) -> Path:
        """What happened in rooms and is not in the database yet."""
        return self.root / "facts.spool"

    @property
    def uploads(self) -> Path:
        """Videos on their way in: nobody's but this program's."""
        return self.root / "uploads"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.root / 'classroom.db'}"

    def create(self) -> None:
        """Make the folders and prove that they can be written. Raises SettingsWrong."""
        try:
            for folder in (self.root, self.recordings, self.keys):
                folder.mkdir(parents=True, exist_ok=True)
            self.keys.chmod(0o700)
            probe = self.root / f".writable-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as wrong:
            raise SettingsWrong(f"CLASSROOM_DATA: {self.root} cannot be written ({wrong.strerror}).") from None

    def secret(self, settings: Settings) -> str:
        """The key that signs sessions and tickets: the configured one, else one made once and kept in `keys/`."""
        return settings.secret.get_secret_value() or self._kept("secret", lambda: secrets.token_urlsafe(48)).strip()

    def badge_key(self, make: Callable[[], bytes]) -> bytes:
        """The key that signs Open Badges; lost, badges issued before can no longer be checked, so `backup` takes it along."""
        return self._kept("badges.pem", lambda: make().decode()).encode()

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        """Made once, whichever process is first; the others read what that one wrote."""
        path = self.keys / name
        if not path.exists():
            scratch = self.keys / f".{name}.{os.getpid()}"
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(scratch, path)  # whole or not at all, and never over another's
            scratch.unlink()
        return path.read_text()

    def control_secret(self, settings: Settings) -> str:
        """What signalling and media workers prove themselves with: made of the key, so that the key itself passes no network."""
        return hmac.new(self.secret(settings).encode(), b"media control channel", hashlib.sha256).hexdigest()

    def capture(self, recording: str) -> str:
        """The folder of one recording, made here: a worker of another machine that does not see it must not write elsewhere."""
        folder = self.recordings / recording
        with contextlib.suppress(OSError):  # the worker will say so
            folder.mkdir(parents=True, exist_ok=True)
        return str(folder)


def database_url(settings: Settings) -> str:
    """The configured database, else the one in the data folder."""
    return settings.database_url or DataFolder(settings.data).database_url


def sqlite_file(settings: Settings) -> Path | None:
    """The database's file; None when it is PostgreSQL's."""
    kind, _, path = database_url(settings).partition("://")
    return Path(path.partition("?")[0].removeprefix("/")).resolve() if kind.startswith("sqlite") else None
