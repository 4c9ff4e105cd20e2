"""From records of the log to rows: decode, deduplicate, fold and apply, one transaction a batch."""
