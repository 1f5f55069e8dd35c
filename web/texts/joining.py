"""Sign-up, accounts, guardians, sites and their administration, in both languages."""

KO: dict[str, str] = {}
EN: dict[str, str] = {}
