"""What programs at a terminal share, `steppe` and those that it starts: options, output, and the addresses of what runs."""
