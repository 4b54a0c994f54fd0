"""The hand-written companion of the generated SDK, `hubspot_batch_read_api`: the sandbox."""
