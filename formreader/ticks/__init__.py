"""Boxes and bubbles to tick: what ink in them says."""
