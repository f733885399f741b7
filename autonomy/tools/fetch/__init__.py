"""Pages and files from addresses that others wrote: what may be called, how far redirects go,
how much is read."""
