"""What there is, where it is and whether it can be used."""
