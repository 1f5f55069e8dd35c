"""The sentences people read, one catalogue a language."""
