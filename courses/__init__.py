"""Course packages: data, read by zerek.content."""
