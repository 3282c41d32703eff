"""Time-series stores: one file, one store."""
