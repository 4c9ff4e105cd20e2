"""The read side over HTTP: Postgres in, JSON and CSV out. It writes nothing."""
