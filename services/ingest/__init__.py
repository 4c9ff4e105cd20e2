"""Ingest: validates deal events that come over HTTP and appends them to the log in Kafka."""
