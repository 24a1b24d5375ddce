"""The end of inverting, which knows Django: from states and exchanges to plans."""
