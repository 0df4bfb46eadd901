"""The order of locks over all scenarios of a run: its edges, its cycles, and interrupts that break into it."""
