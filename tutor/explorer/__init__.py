"""Explorer: a map of an embedding that one can search, question and distrust.

An :class:`Explorer` draws the first keys of an :class:`~tutor.embedding.Embedding` as
points in two dimensions and displays itself in a notebook, in Colab and on the site.
It needs no server and loads nothing from another place: style, script and data stand
in the output.

What the reader can do: point at a dot to see its name, search with a live count,
choose a dot to see its nearest neighbours, ask "a is to b as c is to ?", and read the
same facts in a table, which also works without JavaScript. Everything works from the
keyboard: arrow keys walk from point to point, Enter chooses, plus and minus zoom,
Escape resets.

What it tells honestly: how much of the variance the map keeps and how trustworthy its
neighbourhoods are; that neighbours are computed here on the full vectors, among the
shown keys only; that the analogy box calculates in the page on an 8-bit summary, and
how often its first answer equals that of the full vectors.

>>> from tutor import Embedding
>>> from tutor.explorer import Explorer
>>> Explorer(Embedding(["a", "b"], [[1.0, 0.0], [0.0, 1.0]]))
Explorer(2 of 2 keys, 2 dimensions; map: 100 % of the variance)

Outputs are the same for the same vectors, digit by digit. Where a page trains the
vectors itself, give the bands of its numbers as ``trained=Trained(...)``.

:class:`Spaces` shows the same keys in several embeddings, one at a time; see
:mod:`tutor.explorer.spaces`. :class:`Network` draws lines between keys that belong
together; see :mod:`tutor.explorer.network`.

Chapters: all that show a map; the first is ``words/counts``.
"""

from tutor.explorer.network import Network
from tutor.explorer.spaces import Spaces
from tutor.explorer.trained import Trained
from tutor.explorer.view import Explorer

__all__ = ["Explorer", "Network", "Spaces", "Trained"]
