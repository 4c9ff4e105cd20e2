"""Importers: from the files of other registers to events, as pure mappings, with a report of what became of every row."""
