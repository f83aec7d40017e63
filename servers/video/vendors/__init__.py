"""One module for each vendor's API."""
