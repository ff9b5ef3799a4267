"""What an action says when it refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from documents.refusal import Refused


def refused(act: Callable[..., Any], *args: Any, **words: Any) -> str:
    """Its words, with who can. The act has to refuse."""
    with pytest.raises(Refused) as no:
        act(*args, **words)
    return str(no.value)
