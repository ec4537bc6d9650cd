"""What a run tells people: its report, the pictures in it, and the model card."""
