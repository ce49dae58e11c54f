// SPDX-License-Identifier: Apache-2.0
//
// Operation codes, and what is fixed about each: its name, its four letters in the `cons` output,
// and whether it becomes a transaction. Source: ZooDefs.OpCode, Request.
#ifndef PADDOCK_JUTE_OP_H
#define PADDOCK_JUTE_OP_H

#include <stdbool.h>
#include <stdint.h>

// X(NAME, code, "javaName", "LOP ", kind) - kind: WRITE becomes a transaction, READ is answered
// from the tree, SPECIAL is neither, INTERNAL never comes from a client.
#define ZK_OPS(X)                                                                                  \
    X(NOTIFICATION, 0, "notification", "NOTI", INTERNAL)                                           \
    X(CREATE, 1, "create", "CREA", WRITE)                                                          \
    X(DELETE, 2, "delete", "DELE", WRITE)                                                          \
    X(EXISTS, 3, "exists", "EXIS", READ)                                                           \
    X(GET_DATA, 4, "getData", "GETD", READ)                                                        \
    X(SET_DATA, 5, "setData", "SETD", WRITE)                                                       \
    X(GET_ACL, 6, "getACL", "GETA", READ)                                                          \
    X(SET_ACL, 7, "setACL", "SETA", WRITE)                                                         \
    X(GET_CHILDREN, 8, "getChildren", "GETC", READ)                                                \
    X(SYNC, 9, "sync", "SYNC", READ)                                                               \
    X(PING, 11, "ping", "PING", READ)                                                              \
    X(GET_CHILDREN2, 12, "getChildren2", "GETC", READ)                                             \
    X(CHECK, 13, "check", "CHEC", INTERNAL)                                                        \
    X(MULTI, 14, "multi", "MULT", WRITE)                                                           \
    X(CREATE2, 15, "create2", "CREA", WRITE)                                                       \
    X(RECONFIG, 16, "reconfig", "RECO", WRITE)                                                     \
    X(CHECK_WATCHES, 17, "checkWatches", "CHKW", READ)                                             \
    X(REMOVE_WATCHES, 18, "removeWatches", "REMW", READ)                                           \
    X(CREATE_CONTAINER, 19, "createContainer", "CREA", WRITE)                                      \
    X(DELETE_CONTAINER, 20, "deleteContainer", "DELE", WRITE)                                      \
    X(CREATE_TTL, 21, "createTTL", "CREA", WRITE)                                                  \
    X(MULTI_READ, 22, "multiRead", "MLTR", READ)                                                   \
    X(AUTH, 100, "auth", "AUTH", SPECIAL)                                                          \
    X(SET_WATCHES, 101, "setWatches", "SETW", READ)                                                \
    X(SASL, 102, "sasl", "SASL", SPECIAL)                                                          \
    X(GET_EPHEMERALS, 103, "getEphemerals", "GETE", READ)                                          \
    X(GET_ALL_CHILDREN_NUMBER, 104, "getAllChildrenNumber", "GETACN", READ)                        \
    X(SET_WATCHES2, 105, "setWatches2", "STW2", READ)                                              \
    X(ADD_WATCH, 106, "addWatch", "ADDW", READ)                                                    \
    X(WHO_AM_I, 107, "whoAmI", "HOMI", READ)                                                       \
    X(CREATE_SESSION, -10, "createSession", "SESS", INTERNAL)                                      \
    X(CLOSE_SESSION, -11, "closeSession", "CLOS", WRITE)                                           \
    X(ERROR, -1, "error", "NA", INTERNAL)

enum zk_op {
#define X(name, code, java, lop, kind) OP_##name = (code),
    ZK_OPS(X)
#undef X
};

enum op_kind { OP_KIND_NONE, OP_KIND_WRITE, OP_KIND_READ, OP_KIND_SPECIAL, OP_KIND_INTERNAL };

enum op_kind op_kind(int32_t type);     // OP_KIND_NONE for a code that is none
const char *op_name(int32_t type);      // "create"; "unknown"
const char *op_last_name(int32_t type); // as cons prints it: "CREA"

// Create flags (CreateMode).
enum {
    CREATE_PERSISTENT = 0,
    CREATE_EPHEMERAL = 1,
    CREATE_PERSISTENT_SEQUENTIAL = 2,
    CREATE_EPHEMERAL_SEQUENTIAL = 3,
    CREATE_CONTAINER = 4,
    CREATE_PERSISTENT_TTL = 5,
    CREATE_PERSISTENT_SEQUENTIAL_TTL = 6,
};
enum {
    PERM_READ = 1,
    PERM_WRITE = 2,
    PERM_CREATE = 4,
    PERM_DELETE = 8,
    PERM_ADMIN = 16,
    PERM_ALL = 31
};
enum { ADD_WATCH_PERSISTENT = 0, ADD_WATCH_RECURSIVE = 1 }; // modes of addWatch
enum { XID_NOTIFICATION = -1, XID_PING = -2, XID_AUTH = -4, XID_SET_WATCHES = -8 };

#endif
