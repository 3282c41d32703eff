"""The alarm book."""
