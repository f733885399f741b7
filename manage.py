#!/usr/bin/env python3
"""Django's command line. `manage.py up` starts the whole product."""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["up"]:  # needs none of Django, whose import would delay the databases
        from handywriterz.stack.up import main as up

        sys.exit(up(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handywriterz.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
