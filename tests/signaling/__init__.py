"""Pure suites of signaling: no loop, no sleep, no socket."""
