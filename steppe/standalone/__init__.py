"""The whole system on one machine without Docker: a real broker, a real database and the three services as children.

Nothing outside the data folder, the virtual environment and the user's cache is written; nothing listens off loopback.
"""
