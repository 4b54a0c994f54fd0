"""The contract: what the spec promises, what HubSpot answers, what the SDK makes of it."""
