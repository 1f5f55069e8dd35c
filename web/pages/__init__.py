"""Routes: parse, ask or act, render."""
