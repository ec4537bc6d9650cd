"""Tell that memory did not suffice, whatever torch calls it."""

# What its plain RuntimeErrors say where it is the processor's; of a GPU's it has a
# class, which is known by its name, since who asks may not have loaded torch.
_ON_A_PROCESSOR = ("can't allocate memory", "Storage size calculation overflowed")
_ON_A_GPU = "OutOfMemoryError"


def gpu_is_full(error: Exception) -> bool:
    """Say whether it was a GPU's memory."""
    return type(error).__name__ == _ON_A_GPU


def lacks_memory(error: Exception) -> bool:
    """Say whether ``error`` tells of a full memory, a GPU's or the processor's."""
    if isinstance(error, MemoryError) or gpu_is_full(error):
        return True
    return any(words in str(error) for words in _ON_A_PROCESSOR)
