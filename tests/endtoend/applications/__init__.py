"""Entry points of the sample project that start recording in code, one for each way to do so."""
