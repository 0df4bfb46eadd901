"""The VFS of Linux 2.6.13 as far as a model of locks, counts and lifetimes needs it: a ground for other specs.

A spec says `Model(..., uses=[vfs])`, extends the Structs that it adds fields to, and implements the hooks that the VFS
calls. What may go wrong in the environment is a switch (`ground.py`); by default nothing does.
"""
