"""Ticket systems: one file, one system."""
