"""Stage 1: what a spec imports. It declares types, locks, operations, models and scenarios, and computes nothing."""
