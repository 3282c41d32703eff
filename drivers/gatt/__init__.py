"""Values of GATT characteristics: one file, one service."""
