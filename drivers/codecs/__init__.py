"""Framers, checksums and number formats shared by decoders."""
