"""Rule kinds: one file, one pure judge."""
