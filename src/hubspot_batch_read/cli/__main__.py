"""`python -m hubspot_batch_read.cli`, which is `hubspot-batch-read`."""

from hubspot_batch_read.cli import main

main()
