"""Speech to timed text, and the times of words that are known."""
