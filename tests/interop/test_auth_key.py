# SPDX-License-Identifier: Apache-2.0
"""The scheme key, the sample among Java's providers, on either server."""
import pytest

from tests.interop.lib import zkwire

PROVIDER = {"zookeeper.authProvider.1": "org.apache.zookeeper.server.auth.KeyAuthenticationProvider"}
CREATOR_ALL = ((31, "auth", ""),)
AUTH_FAILED, INVALID_ACL, NO_AUTH, MARSHALLING_ERROR = -115, -114, -102, -5


def is_let_in(server, credentials, path):
    """Whether these credentials prove the scheme; who is let in may read and refused clients are cut off."""
    with zkwire.open_session(server.port) as conn:
        err = conn.add_auth("key", credentials)
        if err == 0:
            assert conn.call("getACL", path)[0] == 0
            assert conn.call("exists", path)[0] == 0 == conn.call("getData", path)[0]
            conn.close_session()
            return True
        assert err == AUTH_FAILED
        with pytest.raises((zkwire.Closed, OSError)):
            conn.call("exists", path)
        return False


def test_multiples_of_the_key_node_are_let_in(make_server):
    server = make_server(properties=PROVIDER)
    with zkwire.open_session(server.port) as conn:
        assert conn.add_auth("key", b"bootstrap") == 0
        assert conn.call("create", "/mine", b"", CREATOR_ALL)[0] == 0
        acl = conn.call("getACL", "/mine")
        assert acl[0] == 0 and tuple(acl[1][0]) == ((31, b"key", b""),)
        for credentials in (b"7", b"x", b""):
            assert is_let_in(server, credentials, "/mine"), "there is no key yet"
        assert not is_let_in(server, None, "/mine")
        assert conn.call("create", "/key", b"5", CREATOR_ALL)[0] == 0
        assert [credentials for credentials in (b"25", b"+125", b"-5", b"0", b"24", b"2147483648", b" 5", b"x", b"", None)
                if is_let_in(server, credentials, "/mine")] == [b"25", b"+125", b"-5", b"0"]
        for key, credentials, expected in ((b"0", b"7", True), (b"-1", b"-2147483648", True), (b"", b"5", False),
                                           (b"5x", b"5", False), (None, b"x", True)):
            assert conn.call("setData", "/key", key)[0] == 0
            assert is_let_in(server, credentials, "/mine") == expected, (key, credentials)
    with zkwire.open_session(server.port) as stranger:
        assert stranger.call("getData", "/mine")[0] == NO_AUTH
        for name in ("", "any"):
            assert stranger.call("create", "/of-%s" % name, b"", ((31, "key", name),))[0] == 0
            assert stranger.call("getData", "/of-%s" % name)[0] == NO_AUTH


def test_null_id_of_the_scheme_is_refused(make_server, server_kind):
    if server_kind == "java":
        pytest.skip("Java logs the write and stops, then and at every start")
    server = make_server(properties=PROVIDER)
    with zkwire.open_session(server.port) as conn:
        assert conn.call("create", "/x", b"", ((31, "key", None),))[0] == MARSHALLING_ERROR


def test_without_the_provider_there_is_no_such_scheme(make_server):
    server = make_server()
    with zkwire.open_session(server.port) as conn:
        assert conn.call("create", "/x", b"", ((31, "key", ""),))[0] == INVALID_ACL
        assert conn.add_auth("key", b"5") == AUTH_FAILED
