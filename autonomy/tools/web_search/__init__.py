"""Search engines for web pages, one of which a deployment may choose."""
