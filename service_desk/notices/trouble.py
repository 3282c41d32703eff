"""Why a far end did not answer, in words without its address, which may be a secret."""

import ssl


def words(trouble: BaseException) -> str:
    """What the operating system or TLS says; urllib3 wraps it, and puts the address into its own words."""
    cause: BaseException | None = trouble
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {getattr(cause, 'verify_message', '') or cause.reason}"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    said = (cause.strerror or str(cause)) if isinstance(cause, OSError) else ""
    return said or type(cause or trouble).__name__
