"""Which threads need not be looked at now, because nothing that they do could meet what another one is about to do.

dependence   which steps depend on which
futures      what a thread may yet touch while others stand still
persistent   the threads whose steps are enough in a state
reduced      the search that follows them alone

The method and the argument for it stand in docs/reduction.md.
"""
