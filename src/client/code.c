// SPDX-License-Identifier: Apache-2.0
//
// Names of codes, and the smallest helpers of the public contract.
#include <string.h>

#include "paddock/paddock.h"

const char *paddock_code_name(int code)
{
    switch ((enum paddock_code)code) {
#define CASE(value, name)                                                                          \
    case value:                                                                                    \
        return name;
        CASE(PADDOCK_OK, "Ok")
        CASE(PADDOCK_SYSTEM_ERROR, "SystemError")
        CASE(PADDOCK_RUNTIME_INCONSISTENCY, "RuntimeInconsistency")
        CASE(PADDOCK_DATA_INCONSISTENCY, "DataInconsistency")
        CASE(PADDOCK_CONNECTION_LOSS, "ConnectionLoss")
        CASE(PADDOCK_MARSHALLING_ERROR, "MarshallingError")
        CASE(PADDOCK_UNIMPLEMENTED, "Unimplemented")
        CASE(PADDOCK_OPERATION_TIMEOUT, "OperationTimeout")
        CASE(PADDOCK_BAD_ARGUMENTS, "BadArguments")
        CASE(PADDOCK_UNKNOWN_SESSION, "UnknownSession")
        CASE(PADDOCK_NEW_CONFIG_NO_QUORUM, "NewConfigNoQuorum")
        CASE(PADDOCK_RECONFIG_IN_PROGRESS, "ReconfigInProgress")
        CASE(PADDOCK_API_ERROR, "APIError")
        CASE(PADDOCK_NO_NODE, "NoNode")
        CASE(PADDOCK_NO_AUTH, "NoAuth")
        CASE(PADDOCK_BAD_VERSION, "BadVersion")
        CASE(PADDOCK_NO_CHILDREN_FOR_EPHEMERALS, "NoChildrenForEphemerals")
        CASE(PADDOCK_NODE_EXISTS, "NodeExists")
        CASE(PADDOCK_NOT_EMPTY, "NotEmpty")
        CASE(PADDOCK_SESSION_EXPIRED, "SessionExpired")
        CASE(PADDOCK_INVALID_CALLBACK, "InvalidCallback")
        CASE(PADDOCK_INVALID_ACL, "InvalidACL")
        CASE(PADDOCK_AUTH_FAILED, "AuthFailed")
        CASE(PADDOCK_SESSION_MOVED, "SessionMoved")
        CASE(PADDOCK_NOT_READ_ONLY, "NotReadOnly")
        CASE(PADDOCK_EPHEMERAL_ON_LOCAL_SESSION, "EphemeralOnLocalSession")
        CASE(PADDOCK_NO_WATCHER, "NoWatcher")
        CASE(PADDOCK_REQUEST_TIMEOUT, "RequestTimeout")
        CASE(PADDOCK_RECONFIG_DISABLED, "ReconfigDisabled")
        CASE(PADDOCK_SESSION_CLOSED_REQUIRE_SASL_AUTH, "SessionClosedRequireSaslAuth")
        CASE(PADDOCK_QUOTA_EXCEEDED, "QuotaExceeded")
        CASE(PADDOCK_THROTTLED_OP, "ThrottledOp")
        CASE(PADDOCK_NO_MEMORY, "NoMemory")
        CASE(PADDOCK_CLOSED, "Closed")
        CASE(PADDOCK_TOO_BIG, "TooBig")
        CASE(PADDOCK_QUEUE_FULL, "QueueFull")
        CASE(PADDOCK_WOULD_DEADLOCK, "WouldDeadlock")
        CASE(PADDOCK_NO_RESOURCES, "NoResources")
#undef CASE
    }
    return "Unknown"; // a server may answer with any integer
}

struct paddock_bytes paddock_text(const char *text)
{
    return paddock_bytes_of(text, text != NULL ? strlen(text) : 0);
}
