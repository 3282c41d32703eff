"""The built-in desk."""
