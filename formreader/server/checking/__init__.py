"""How well a run was read: against typed truth, by what people found, and as a promise.

All figures are those of the commands `formreader evaluate` and `formreader calibrate`.
The truth that was brought last, and what was measured by it, stay in the run folder.
"""
