"""Line protocol and the dialects of the servers that take it: pure but for the `ask` they are given."""
