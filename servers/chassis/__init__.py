"""What every server stands on: serving, validation, admission, work, assets, settings, logs."""
