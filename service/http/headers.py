"""The headers that keep every answer from being taken for something else.

nginx sets the same on what it refuses by itself (deploy/nginx/templates).
"""

POLICY = "Content-Security-Policy"

# For all that is no page: nothing in it runs, loads or is framed, whatever it holds.
STRICTEST_POLICY = "default-src 'none'; frame-ancestors 'none'"

GUARDS = {
    # A text that looks like HTML is not run as such.
    "X-Content-Type-Options": "nosniff",
    # Where a link leads from here, nobody is told what was asked.
    "Referrer-Policy": "no-referrer",
    # No other site's page reads an answer, or shares a process with it.
    "Cross-Origin-Resource-Policy": "same-origin",
}
