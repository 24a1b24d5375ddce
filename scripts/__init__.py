"""What a contributor runs beside the tests."""
