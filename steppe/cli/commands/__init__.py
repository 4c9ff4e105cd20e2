"""The commands of `steppe` that are more than one request: one file each."""
