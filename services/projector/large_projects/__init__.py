"""Projects that are too large to be folded with a batch: folded beside the stream, in a process of their own."""
