"""The simulated hospital: wire formats into the real links."""
