"""Imports as jobs of the service: files of other registers come over HTTP, and a process of their own reads each."""
