"""How an incident is kept in somebody else's ticket system (docs/ticket-systems.md)."""
