"""Pages of instructors and staff around one course."""
