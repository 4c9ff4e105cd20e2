"""The log as it lies in Kafka, and as it lies in a backup: records as bytes, offsets, identity. Knows no event and no table."""
