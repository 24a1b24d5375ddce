"""Where the tests that otel2test generates for this project go."""
