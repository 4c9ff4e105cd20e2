"""What tests of the publisher share."""

from __future__ import annotations

import pytest

from tests.services.publisher.published import Topics
from tests.stack import Stack


@pytest.fixture
async def topics(stack: Stack, topic: str) -> Topics:
    """Topics of the test's own to publish on."""
    own = Topics.of(stack.kafka, topic)
    await own.create()
    return own
