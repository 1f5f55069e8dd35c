"""The sentences people read: a file an area of pages, each in both languages."""
