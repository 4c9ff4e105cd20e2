"""Ingest: HTTP in, Kafka out. Knows the door and the log's producer; knows nothing of the fold, the database or the api."""
