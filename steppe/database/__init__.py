"""Postgres as SQL that one can read: migrations, queries, roles, and two small modules that apply and load them."""
