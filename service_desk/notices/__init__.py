"""Notices: who is told of an incident, by which channel, once; and who is told next when nobody answers."""
