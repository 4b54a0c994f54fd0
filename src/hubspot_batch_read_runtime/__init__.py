"""What the generated SDK stands on: errors, values, models, and the client.

The package knows no model, no operation and no address: `hubspot_batch_read_api` hands them over,
and re-exports what its users need. It imports neither that package nor `hubspot_batch_read`.

From the bottom up:
    printing, causes             text that is safe to print; the exceptions behind an exception
    errors, error_body           the exceptions; what a body says of an error
    values, shapes               what a JSON value becomes; what it has to look like
    fields, model                how models declare their fields; their base class
    codec, collector             JSON text; the garbage collector while it is decoded
    arguments, response          what operations take and return
    locks, tokens, masking       locks that survive a fork; the access token, sent and never shown
    environment                  addresses, proxies and certificates, checked at once
    heads, body, exchange        the limits of a response; sending a request
    responses, client            a response becomes a model or an exception; the client's base class
    modules                      how packages import a name when it is first used
"""
