"""Tell exhausted memory from other errors, however torch reports it."""

# torch reports exhausted CPU memory as a plain RuntimeError with one of these messages,
# and exhausted GPU memory as OutOfMemoryError. The class is matched by name so that
# callers need not import torch.
_CPU_MESSAGES = ("DefaultCPUAllocator: ", "Storage size calculation overflowed")
_GPU_CLASS = "OutOfMemoryError"


def gpu_is_full(error: BaseException) -> bool:
    """Say whether a GPU's memory is exhausted."""
    return type(error).__name__ == _GPU_CLASS


def lacks_memory(error: BaseException) -> bool:
    """Say whether memory is exhausted, a GPU's or the CPU's."""
    if isinstance(error, MemoryError) or gpu_is_full(error):
        return True
    # Of torch's own class: a message of ours may quote what a client sent.
    return isinstance(error, RuntimeError) and any(
        message in str(error) for message in _CPU_MESSAGES
    )
