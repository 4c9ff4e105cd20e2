"""The read side over HTTP: Postgres in, JSON and CSV out. Knows the read model and the domain's values; writes nothing."""
