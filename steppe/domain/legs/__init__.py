"""The legs of deals: the documents that bind, who holds them, and which rows end them."""
