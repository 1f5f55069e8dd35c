"""What can be done: one verb per function, in files by noun. Each takes an open unit of work and the time it is now."""
