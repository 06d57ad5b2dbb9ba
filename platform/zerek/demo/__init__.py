"""The demo region: the same people and schools on every machine, none of them real."""
