"""The commands of ``sentiment``; the work is done by the library's other modules."""
