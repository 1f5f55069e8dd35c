"""Outside protocols, one file each."""
