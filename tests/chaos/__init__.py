"""Faults on purpose: processes and servers are killed, stopped and cut off while runs are driven,
and SQL says afterwards whether every promise held. `python -m tests.chaos --help`."""
