"""Media workers, figures, system status and settings, in both languages."""

KO: dict[str, str] = {}
EN: dict[str, str] = {}
