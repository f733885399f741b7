"""Tables that people bring: read with care, asked fitting questions, computed by a program of its own."""
