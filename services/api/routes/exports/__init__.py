"""Whole data sets as files: /v1/export."""
