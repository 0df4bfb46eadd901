"""The searches in C (`search.c`, `reduced.c`), their contracts (`_*.pyi`) and their Python sides (`search`, `reduced`)."""
