"""Reading: files to exchanges."""
