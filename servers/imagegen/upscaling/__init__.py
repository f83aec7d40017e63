"""Larger pictures and clips: by plain resampling, or by a model."""
