"""Channels, by which people are told: one file, one channel (service_desk/notices/ports.py says what it has)."""
