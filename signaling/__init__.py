"""Who is in the room and what was said."""
