"""Requests in the worker's event loop, before a thread takes them: answer or shed."""
