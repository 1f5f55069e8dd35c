"""Applications, seats, timetable, notices and messages, in both languages."""

KO: dict[str, str] = {}
EN: dict[str, str] = {}
