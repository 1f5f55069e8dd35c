"""Pages and rights, met through the real application on a real database."""
