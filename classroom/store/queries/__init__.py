"""Answers to `classroom.queries.Queries`, in files by who asks. Each is a fixed number of statements, whatever the data."""
