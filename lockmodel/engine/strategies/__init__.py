"""Strategies beside the exhaustive search, one a file: where it cannot end, or where the number itself is wanted.

    preemption   every schedule with few preemptions, then with more (Musuvathi and Qadeer, PLDI 2007)
    pct          random priorities with a guarantee (Burckhardt et al., ASPLOS 2010)
    walk         any enabled move, each as likely
    pos          random priorities of steps that are drawn anew where steps race (Yuan, Yang and Gu, CAV 2018)
    dpor         one schedule of each class of interleavings (Abdulla et al., POPL 2014)

Each is a `Strategy`, which is an `Explorer` that comes to states along schedules. All of them judge what the exhaustive
search judges in the states and steps that they come to; threads that starve while others go on for ever can only be
judged where every state is known, which is so at the end of an exhaustive `preemption`.
"""

from lockmodel.engine.strategies.dpor import Dpor
from lockmodel.engine.strategies.pct import Pct
from lockmodel.engine.strategies.pos import Pos
from lockmodel.engine.strategies.preemption import Preemption
from lockmodel.engine.strategies.strategy import Settings, Strategy
from lockmodel.engine.strategies.walk import Walk

STRATEGIES: dict[str, type[Strategy]] = {
    "preemption": Preemption,
    "pct": Pct,
    "walk": Walk,
    "pos": Pos,
    "dpor": Dpor,
}

__all__ = ["STRATEGIES", "Settings", "Strategy"]
