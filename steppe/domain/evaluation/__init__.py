"""How a flag is evaluated: its definition, what it looks at, its severity steps, and the flag from day to day."""
