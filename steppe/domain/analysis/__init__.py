"""What is asked of judged projects: portfolio, back-test, forecast, money, crosswalk."""
