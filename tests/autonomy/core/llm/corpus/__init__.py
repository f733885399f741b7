"""Malformed answers: good ones (`bases`), what models do to them (`damages`), and what may be made of
the result (`meaning`)."""
