"""`python -m pulumi_nao`."""

import sys

from pulumi_nao.cli import main

sys.exit(main())
