"""Groups of `classroom` commands: one small function per verb; the work is done by the parts it names."""
