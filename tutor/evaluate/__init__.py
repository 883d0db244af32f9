"""How vectors are judged: `similarity`, `retrieval`, `ranking`, `statistics`.

Everything here is NumPy alone; scores are "higher is better". Chapter:
``words/evaluation``.
"""
