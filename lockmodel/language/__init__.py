"""Stage 1: what a spec imports. It declares types, locks, kernel operations, models and scenarios, and computes nothing."""
