"""The interleaving viewer: a witness that can be stepped through, as a part of a page.

told      what a reader should look at, in sentences
plot      where objects and threads stand in the picture of the heap
payload   what the script is given
viewer    all of it through the template

A page has `viewer_style()` and `viewer_script()` once, each `viewer_html(playback, ident)` where it belongs. The part
is readable, and prints, without its script.
"""

from lockmodel.report.viewer.viewer import viewer_html, viewer_script, viewer_style

__all__ = ["viewer_html", "viewer_script", "viewer_style"]
