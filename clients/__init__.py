"""The vendors' HTTP APIs: what can be asked, what comes back, and nothing about I/O.

A call is a value (:mod:`.calls`); a vendor's :class:`~.api.Api` turns it into a
request and the response into a model; a runner (:mod:`.runners`) sends it.
"""
