"""Real servers, real HTTP, and the generated tests run where otel2test isn't."""
