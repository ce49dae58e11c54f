# SPDX-License-Identifier: Apache-2.0
"""The client library against paddockd: the tests that tests/interop runs against Java, too."""
import pytest

from tests.interop.test_client_library import *  # noqa: F401,F403


@pytest.fixture
def server(make_server):
    return make_server(properties={"zookeeper.extendedTypesEnabled": "true"})
