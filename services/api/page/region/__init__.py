"""The outline of the region, as data; see README.md."""
