"""Which version is current: the gate, the publication, the way back."""
