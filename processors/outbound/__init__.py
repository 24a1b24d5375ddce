"""What the program asks of other services over HTTP, one record a hop.

One module a library; each wraps the function that sends one request, so that a chain of
redirects gives several records. What leaves is an
:class:`~otel2test.attributes.OutboundPayload` on the CLIENT span that the library's
official instrumentation made for the first hop; later hops, and those that nobody made a
span for, get one of ours. Nothing is recorded outside of a trace.

The call itself is never changed, and nothing is read that the program doesn't read: a body
made while it is sent is ``unread``, an answer that the program leaves alone or that isn't
kept is ``unread`` or ``streamed``. The answer's body is taken when the trace is written,
when the program has read it or won't.
"""
