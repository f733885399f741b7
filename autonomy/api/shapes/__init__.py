"""Rows as the API shows them, a module for each noun of `schemas`: nothing here reads more than it is
given, nothing decides."""
