"""Kafka in, Postgres out: reads the log with Faust and keeps the read models, rows and position in one transaction."""
