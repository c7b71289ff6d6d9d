"""Serve an ASGI application on a thread: the one way in which this house speaks HTTP."""
