"""The academic domain: who learns what where, who was there, what they earned. Knows nothing of sockets, HTML or video."""
