"""Scholarly registries and search engines of a made-up world, spoken by one local server.

Start it by hand with `python -m tests.registries --port 8130`; it prints the environment that
points the product at it. Every work, person, journal and number in it is invented.
"""
