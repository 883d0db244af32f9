"""Studies of part *graphs*: pure functions that chapters and stored results call."""
