"""Making it happen: calls to servers under limits, written down before they are acted on."""
