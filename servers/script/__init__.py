"""The Script server: a text, ready scenes or a transcript becomes a plan of scenes with prompts."""
