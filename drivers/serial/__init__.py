"""Protocols of devices on serial ports: sans-I/O sessions, one file each."""
