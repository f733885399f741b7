"""A reference held against scholarly registries: `check.check_reference` is the door."""
