"""Tells what stands in a field: a written number, a word, print, or a mark."""
