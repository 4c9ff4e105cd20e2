"""What ingest remembers: recent events of the log, and the projects and parties that exist."""
