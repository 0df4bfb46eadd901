"""`python -m lockmodel` is the command `lockmodel`."""

from __future__ import annotations

from lockmodel.cli import main

if __name__ == "__main__":
    main()
