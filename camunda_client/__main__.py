"""``python -m camunda_client`` is ``camunda-client``."""

import sys

from camunda_client.cli import main

if __name__ == "__main__":
    sys.exit(main())
