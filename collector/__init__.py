"""What a reading is, and how it gets from a link to disk and on to its consumers."""
