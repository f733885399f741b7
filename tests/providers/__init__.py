"""Simulated model providers, spoken to over real HTTP."""
