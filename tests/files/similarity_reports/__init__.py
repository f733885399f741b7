"""Synthetic similarity reports for tests: both PDF layouts, each with the truth beside its bytes."""
