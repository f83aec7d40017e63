"""What was asked of vendors, what became of it and what it cost: durable before it happens."""
