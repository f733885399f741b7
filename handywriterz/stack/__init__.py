"""The embedded stack: PostgreSQL, Redis and the supervisor behind `manage.py up`."""
