"""Damaged files by the thousand, each parsed as an upload is."""
