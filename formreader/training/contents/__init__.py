"""Training of the network that says what a field shows."""
