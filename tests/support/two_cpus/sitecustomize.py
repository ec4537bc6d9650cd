"""Let a program that a test starts take the machine for one of two CPUs at least.

Python imports this by itself where its folder is on PYTHONPATH (running.on_two_cpus).
"""

# Not where a test runner goes through all modules.
if __name__ == "sitecustomize":
    from sentiment import cpus

    found = cpus.available_cpus()
    cpus.available_cpus = lambda: max(2, found)
