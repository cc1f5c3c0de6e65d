"""Property bags in, values inside, property bags out."""
