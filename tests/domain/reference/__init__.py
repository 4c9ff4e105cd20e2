"""A second implementation of the domain page, written from the page alone, plain and slow, to compare the fast one with."""
