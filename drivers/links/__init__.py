"""The I/O: one file a kind of link."""
