"""Clips from Stable Video Diffusion, on this machine's own devices."""
