"""The relay's pure suites."""
