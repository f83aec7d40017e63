"""What is to run and what happens next: no clock, no network, no database in here."""
