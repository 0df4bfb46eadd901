"""Stage 5: what the engine's violations mean, and the rules that are judged in states rather than in steps."""
