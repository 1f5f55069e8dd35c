"""Alembic: what runs a migration (`env.py`) and the migrations (`versions/`)."""
