"""Fuzz targets: every parser of ours that reads what others send. `make fuzz` runs them long; `make test` a moment each."""
