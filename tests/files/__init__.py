"""Small files for tests, made on the spot: nothing here is anybody else's text."""
