"""Kafka in: the Faust app, its transport, the bulk catch-up, and the store that takes their batches."""
