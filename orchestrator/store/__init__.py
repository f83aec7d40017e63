"""What the orchestrator remembers: jobs, executions, steps, events, results."""
