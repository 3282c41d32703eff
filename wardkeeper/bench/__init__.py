"""What Wardkeeper does in a second, beside what others do in the same run (docs/performance.md)."""

from typing import Literal

Broker = Literal["mosquitto", "fake"]
"""A real one, or one that does nothing but send."""
