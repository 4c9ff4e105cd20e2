"""Events: the vocabulary, what their fields may hold, and how the record corrects itself."""
