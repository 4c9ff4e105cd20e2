"""What every service shares of HTTP: problem documents, security headers, limits, metrics and traces."""
