"""The compose server: from scenes to a finished film."""
