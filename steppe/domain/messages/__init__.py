"""What is said, before it is put into a language: messages, the days and ages in them, and their English."""
