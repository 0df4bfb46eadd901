"""Stage 7: reports: a result of `check` as text, machine formats and pictures. Reads the records of findings only."""
