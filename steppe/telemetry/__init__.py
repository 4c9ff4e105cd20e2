"""What a service tells of itself: logs, traces and metrics of its answers. Knows no event and no table."""
