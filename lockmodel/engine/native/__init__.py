"""The search in C (`search.c`), its contract (`_search.pyi`) and its Python side (`search`)."""
