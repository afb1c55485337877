"""Fitting the network that tells ticked boxes from blank ones."""
