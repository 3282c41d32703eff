"""Files of locating: surveys, gateways, rooms and models in, models and pictures out."""
