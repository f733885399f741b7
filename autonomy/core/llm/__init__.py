"""The gateway to language models: one way to call any of them, with retries, budget and parsing."""
