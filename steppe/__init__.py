"""Steppe follows deals from the first memorandum to metal in the ground. Its domain is imported compiled where it is compiled."""

from steppe import compilation

compilation.install()
