"""Read the hand-written numbers of scanned forms."""
