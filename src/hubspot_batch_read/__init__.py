"""Read any number of HubSpot objects through the generated SDK, `hubspot_batch_read_api`."""
