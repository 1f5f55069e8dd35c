"""Attendance checks, completion, quizzes, assignments, surveys, certificates and badges, in both languages."""

KO: dict[str, str] = {}
EN: dict[str, str] = {}
