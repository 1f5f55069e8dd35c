"""Answers to the questions of `classroom.queries`, in files by who asks. Each is a fixed number of statements."""
