"""What is asked of judged projects: portfolio, back-test, scorecard, forecast, money, crosswalk."""
