"""Signalling for real: WebSockets, rooms, and a media worker that only speaks the control protocol."""
