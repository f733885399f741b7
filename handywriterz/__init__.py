"""The deployment: settings, addresses, and the processes that the product runs as."""

import gc

# Imports make some hundred thousand objects that stay. With Python's own 700 a seventh of the time
# until a process is ready goes into looking for cycles among them.
gc.set_threshold(50_000, 10, 10)
