"""Runs code that nobody has read: closed off from the machine, limited, leaving nothing.

Knows no web and no database. Start at `run.run`; `docs/cage.md` says what is promised on which system.
"""
