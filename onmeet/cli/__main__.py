"""`python -m onmeet.cli`."""

import sys

from onmeet.cli import main

sys.exit(main())
