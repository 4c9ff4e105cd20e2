"""From records of the log to rows: decode, deduplicate, fold, apply, in one transaction a batch."""
