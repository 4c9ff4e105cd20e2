"""Answers as files: CSV columns and spreadsheets."""
