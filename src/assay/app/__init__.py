"""Puts the programs together from a `Config`: a store, a door in front of an embedded one, a receiver, upkeep, or all of them."""
