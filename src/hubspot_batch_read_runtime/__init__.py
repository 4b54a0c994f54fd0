"""What the generated SDK stands on: errors, values, models, and the client.

The package knows no model, no operation and no address: `hubspot_batch_read_api` hands them over,
and re-exports what its users need. It imports neither that package nor `hubspot_batch_read`.

From the bottom up:
    printing, causes        text that is safe to print; the exceptions behind an exception
    errors                  the exceptions
    values                  what a JSON value becomes, or why it does not
    shapes                  what JSON has to look like: decoded, encoded, or its fault found
    model                   the base class of models
    codec, collector        JSON text; the garbage collector while it is decoded
    locks                   locks that survive a fork
    arguments               checks of an operation's arguments
    tokens, masking         the access token: sent, replaced, and never shown
    environment             proxies and certificates, checked before anything is sent
    body, exchange          reading a response body up to a limit; sending a request
    responses               a response becomes a model or an exception
    client                  the base class of the client
    modules                 how packages import a name when it is first used
"""
