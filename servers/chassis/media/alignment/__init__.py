"""When the words of a known text are spoken in a recording: a synthesis of it, laid beside."""
