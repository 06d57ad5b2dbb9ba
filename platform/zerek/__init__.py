"""The learning platform of a region's schools."""
