"""What runs inside the project's own process: one warm process, and a forked one for each job."""
