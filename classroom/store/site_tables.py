"""The tables of municipal sites: profile, logo, host names, notices."""

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table, Text

from classroom.store.columns import id_column, moment, reference, texts
from classroom.store.tables import metadata

site_profiles = Table(
    "site_profiles",
    metadata,
    reference("municipality", "municipalities.code", primary_key=True),
    *texts("headline"),
    *texts("about"),
    Column("email", String(254), nullable=False),
    *texts("address"),
    *texts("hours"),
    Column("version", Integer, nullable=False),
)
site_hosts = Table(
    "site_hosts",
    metadata,
    Column("host", String(253), primary_key=True),
    reference("municipality", "municipalities.code", index=True),
)
site_logos = Table(
    "site_logos",
    metadata,
    reference("municipality", "municipalities.code", primary_key=True),
    Column("mime", String(20), nullable=False),
    Column("mark", String(16), nullable=False),
    Column("data", LargeBinary, nullable=False),
)
notices = Table(
    "notices",
    metadata,
    id_column(),
    reference("municipality", "municipalities.code", nullable=True, index=True),
    *texts("title"),
    *texts("body"),
    Column("pinned", Boolean, nullable=False),
    moment("shown_from"),
    moment("shown_until", nullable=True),
    Column("version", Integer, nullable=False),
    Column("author", Text, nullable=False),
)
