"""Administration: what staff of a municipality or of the province see and change, always inside their scope."""
