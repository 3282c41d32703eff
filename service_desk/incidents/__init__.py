"""Alarms with one cause are one incident."""
