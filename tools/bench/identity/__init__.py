"""``make identity``: our identity resolution and Splink 4 side by side on public sets of labelled persons.

``public_sets.py`` and ``splink4.py`` run in ``.venv-linkage``, the rest in the project's own environment.
"""
