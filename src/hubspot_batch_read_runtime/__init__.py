"""The base of the generated SDK: errors, values, models, and the client.

The package contains no model, no operation and no address: `hubspot_batch_read_api` passes them in,
and re-exports what its users need. It imports neither that package nor `hubspot_batch_read`.

From the bottom up:
    printing, causes             text that is safe to print; the exceptions behind an exception
    errors, error_body           the exceptions; the body of an error
    values, shapes               the decoding of JSON values; their expected form
    fields, model                how models declare their fields; their base class
    codec, collector             JSON text; the garbage collector while it is decoded
    arguments, response          the arguments and results of operations
    locks, tokens, masking       locks that survive a fork; the access token, sent and never shown
    environment                  addresses, proxies and certificates, checked early
    heads, body, exchange        the limits of a response; sending a request
    responses, client            from a response to a model or exception; the client's base class
    modules                      how packages import a name when it is first used
"""
