"""The log as it is in Kafka and in a backup: records as bytes, positions, end offsets, what Kafka says about the topic."""
