"""First a subscriber like any other, then a film editor."""
