"""The answers as JSON: from stored values to the items that readers see. Pure."""
