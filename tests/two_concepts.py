"""Two concepts of one world, for tests of what learns from their texts."""


class Concepts:
    """Two concepts, the second of which is article 1."""

    def column(self, name):
        assert name == "article"
        return (-1, 1)

    def texts(self):
        return ("A cat is an animal. It purrs.", "A dog is an animal. It barks.")
