"""MQTT dialects: one file, one convention."""
