"""Alerts of other monitoring: in by webhook, out to an Alertmanager (docs/alerts.md)."""
