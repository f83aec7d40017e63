"""The orchestrator: jobs, step graphs, the walk, limits and the event log."""
