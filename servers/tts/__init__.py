"""Text to speech with the time of every word."""
