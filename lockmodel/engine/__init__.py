"""Stage 4: the engine, three parts that know little of each other.

*step* defines the semantics: one thread's move, with everything it read, wrote and did (`step`, `move`, `frames`,
`memory`, `operations`; `local` has their words). *behaviour* is what the search has learned of it: a graph of local
states whose edges are steps. *explore* visits every state: `exploration` has what every search shares, `explore` is the
one in Python, `native` the one in C; `transitions` keeps the way, `collect` reuses slots. Nothing here knows what a
finding means to a reader, only that a rule was broken and where.
"""
