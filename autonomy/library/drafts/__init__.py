"""A draft that somebody wants improved: read into blocks whose text can be changed, and written back
so that everything else in its file stays as it is."""
