"""From sightings to fixes."""
