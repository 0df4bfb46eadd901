"""`fs/inotify.c` of Linux 2.6.13-rc6, part by part; `inotify.py` beside this folder is the spec."""
