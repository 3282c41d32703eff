"""The cold chain: what is kept in a store, whether it is cold enough, and what people signed about it."""
