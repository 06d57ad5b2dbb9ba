"""The region: districts, schools, classes, and who belongs to them."""
