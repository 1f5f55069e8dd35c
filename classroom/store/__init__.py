"""The store: the only SQL. Tables, repositories, queries and migrations, for SQLite and PostgreSQL alike."""
