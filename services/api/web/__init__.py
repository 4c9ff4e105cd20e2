"""What every route shares of HTTP: query parameters, pagination, responses."""
