"""Which lines of fs/inotify.c carry code, and why some of them are not modelled.

Declarations, heads of functions, labels, jumps, tables, and what continues a statement on a further line do not count.
"""

from __future__ import annotations

from fs_inotify.base import inotify

inotify.source_lines(
    "170, 175-178, 184, 193-196, 210-212, 215, 217-219, 221, 223-224, 233-238, 241-244, 246-249, 251-252, 255, 266, "
    "281-284, 286-289, 293-294, 297-298, 300, 302-303, 306-309, 320, 322-323, 325-326, 336, 338-339, 353-357, 359, "
    "369-371, 373-376, 391, 393, 395-397, 399-402, 405-409, 412-413, 419, 422, 424, 426, 439-441, 444, 453-454, "
    "456-458, 474-475, 484, 501-502, 504-515, 518, 535-537, 539-543, 545, 554, 568, 570, 581-582, 589-590, 592-593, "
    "595-596, 598, 600-602, 604-605, 614, 616-617, 620-627, 629-630, 632, 645-650, 652, 660-661, 663-667, 669, 675, "
    "681-682, 684, 687, 689-694, 697-699, 702-704, 707, 710-712, 714-715, 718-720, 722-724, 726-728, 730-731, "
    "733-736, 738-739, 742, 744, 746, 751, 759, 764-768, 770-772, 774-780, 784-787, 790, 792, 805-809, 811-813, "
    "815-816, 819-821, 823-825, 827, 835, 837-838, 840-843, 846, 864-866, 868-870, 874-875, 877, 881-883, 887-893, "
    "895-905, 907-909, 911, 913-914, 916-917, 929-931, 934-936, 939-941, 944-945, 947-948, 951-953, 961-964, 968-970, "
    "975-977, 979-981, 983-984, 993-995, 998-1000, 1003-1004, 1007-1008, 1015, 1033-1035, 1037-1039, 1041-1043, 1045, "
    "1047, 1050, 1054"
)

inotify.not_modelled("215", "every field that it zeroes is stored below before anyone sees the event")
inotify.not_modelled("224, 234-238, 247-248", "how a name is padded: a name has the size 1 here")
inotify.not_modelled("325", "the copy of a name is part of its event here, and goes with it")
inotify.not_modelled(
    "369-371, 373-376", "looking up a path: a thread enters with the dentry in its hands, and may read it"
)
inotify.not_modelled("621, 765", "the address of a list's head, in a local")
inotify.not_modelled("663", "who polls sleeps elsewhere, and asks again when it is woken")
inotify.not_modelled("675", "the size of an event, a constant")
inotify.not_modelled("835, 838, 840-841, 843", "FIONREAD is the only command here, and the buffer is not modelled")
inotify.not_modelled("864-866, 916-917", "a descriptor is the caller's, and free")
inotify.not_modelled("887-892", "what a file says of itself: every descriptor here is one of inotify")
inotify.not_modelled("934-936, 998-1000", "every descriptor here is one of inotify")
inotify.not_modelled("939-941", "the path has been looked up when a thread enters")
inotify.not_modelled(
    "1015, 1033-1035, 1037-1039", "the file system that the devices' files lie on: nothing here uses it"
)
