"""JobService, part by part."""
