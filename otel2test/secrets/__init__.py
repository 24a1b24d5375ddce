"""What a secret looks like: the rules that the recorder and ``otel2test scan`` share.

The recorder replaces what these rules find, and the scan looks for what was not replaced;
were each to have rules of its own, the one could not vouch for the other. Nothing here
knows a framework, OpenTelemetry or a file: texts come in, positions and judgements go out.

- :mod:`~otel2test.secrets.names`: which names announce a secret;
- :mod:`~otel2test.secrets.services`: the keys of well-known services, by how they begin;
- :mod:`~otel2test.secrets.shapes`: every secret in a running text, and where;
- :mod:`~otel2test.secrets.checksums`: payment cards and bank accounts;
- :mod:`~otel2test.secrets.anatomy`: which part of a secret is the secret part;
- :mod:`~otel2test.secrets.marks`: how a pseudonym is told from a secret.
"""
