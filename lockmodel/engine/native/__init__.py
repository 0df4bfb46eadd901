"""The searches in C (`search.c`, `reduced.c`), their contracts (`_*.pyi`) and Python sides (`search`, `reduced`)."""
