"""The tables of municipal sites: profile, logo, host names, notices."""

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table, Text

from classroom.store.tables import _at, _id, _ref, _texts, metadata

site_profiles = Table(
    "site_profiles",
    metadata,
    _ref("municipality", "municipalities.code", primary_key=True),
    *_texts("headline"),
    *_texts("about"),
    Column("email", String(254), nullable=False),
    *_texts("address"),
    *_texts("hours"),
    Column("version", Integer, nullable=False),
)
site_hosts = Table(
    "site_hosts",
    metadata,
    Column("host", String(253), primary_key=True),
    _ref("municipality", "municipalities.code", index=True),
)
site_logos = Table(
    "site_logos",
    metadata,
    _ref("municipality", "municipalities.code", primary_key=True),
    Column("mime", String(20), nullable=False),
    Column("mark", String(16), nullable=False),
    Column("data", LargeBinary, nullable=False),
)
notices = Table(
    "notices",
    metadata,
    _id(),
    _ref("municipality", "municipalities.code", nullable=True, index=True),
    *_texts("title"),
    *_texts("body"),
    Column("pinned", Boolean, nullable=False),
    _at("shown_from"),
    _at("shown_until", nullable=True),
    Column("version", Integer, nullable=False),
    Column("author", Text, nullable=False),
)
