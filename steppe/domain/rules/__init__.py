"""The thresholds of the rules as data, and as a document."""
