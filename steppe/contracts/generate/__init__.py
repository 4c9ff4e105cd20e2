"""Writes what is derived from the domain and the contracts and committed: schemas, AsyncAPI, pages for people."""
