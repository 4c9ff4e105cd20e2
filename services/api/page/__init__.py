"""The page at `/`: what the API answers, for people. It asks the same functions as the routes do, so the numbers are theirs."""
