"""How the course is built, tested and served: the commands of ``python -m tutor``.

Everything a command needs before ``.venv`` exists uses the standard library only.
"""
