"""``python -m otel2test``."""

from otel2test.cli import main

if __name__ == "__main__":
    main()
