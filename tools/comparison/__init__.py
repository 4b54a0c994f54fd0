"""Compare OpenAPI documents by what goes over the wire.

documents    reads documents and finds the operations in them
wire         one level of a schema, in the one form that all have here
schemas      compares two schemas
operations   compares two operations; says what a difference means
matching     finds our operations, in whatever version, and compares them
differences  what a comparison comes to
reports      the same as text or Markdown
"""
