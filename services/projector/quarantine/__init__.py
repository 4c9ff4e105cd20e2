"""What operators do about quarantined records: retry, skip, and the fold of the projects anew."""
