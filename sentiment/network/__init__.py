"""The recurrent network, and how it is read."""
