"""Recordings, replay, captions, uploads and storage, in both languages."""

KO: dict[str, str] = {}
EN: dict[str, str] = {}
