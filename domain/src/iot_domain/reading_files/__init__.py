"""Files and bodies of readings: one reader per format, one set of rules for every door that reads it."""
