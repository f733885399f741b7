"""The rate limit of a tool. The bucket lives in `core` because the model gateway, which stands
below the tools in the import order, limits its calls with the same one."""

from autonomy.core.token_bucket import TokenBucket

__all__ = ["TokenBucket"]
