"""`python -m hubspot_batch_read.cli`, the same as `hubspot-batch-read`."""

from hubspot_batch_read.cli import main

main()
