"""What generate.py makes of the API's own description: types of answers, types of questions."""
