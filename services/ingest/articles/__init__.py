"""What an article that somebody pasted says: of itself, which events it may tell, and whom it names."""
