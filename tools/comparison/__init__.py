"""Compare OpenAPI documents by the requests and responses that they describe.

documents    reads documents and finds the operations in them
wire         one level of a schema, in a normal form
schemas      compares two schemas
operations   compares two operations, and classifies the differences
versions     finds our operations in documents, in any version, and matches two sides
matching     compares our operations in all documents
differences  the results of a comparison
reports      the results as text or Markdown
"""
