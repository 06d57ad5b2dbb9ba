"""Measures Zerek beside a named peer in the same run, and says how."""
