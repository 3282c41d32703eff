"""From a reading to the right ticket, once."""
