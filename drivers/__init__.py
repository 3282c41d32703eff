"""Links that do the I/O, and decoders that turn frames into readings."""
