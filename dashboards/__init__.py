"""The web: pages, API and the live connection."""
