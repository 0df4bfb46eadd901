"""Claim: both visitors are told of."""

from __future__ import annotations

from lockmodel import Scenario
from tests.compile.extension import ground
from tests.compile.extension.watches import Inode, SuperBlock, Watch, make, toy, visit


@toy.scenario
def two(m: Scenario) -> None:
    inode = m.new(Inode, "inode", told=False)
    sb = m.new(SuperBlock, "sb", s_root=inode)
    watch = m.new(Watch, inode=inode)
    m.link(inode.i_sb_list, sb.s_inodes)
    m.link(watch.i_list, inode.watches)
    m.thread("first", visit, sb)
    m.thread("second", visit, sb)
    m.thread("third", make)


@toy.scenario
def base(m: Scenario) -> None:
    inode = m.new(ground.Inode, "inode")
    sb = m.new(SuperBlock, "sb", s_root=inode)
    m.link(inode.i_sb_list, sb.s_inodes)
    m.thread("first", visit, sb)
