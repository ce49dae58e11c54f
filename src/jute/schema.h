// SPDX-License-Identifier: Apache-2.0
//
// The schema: every record of the protocol, its fields in wire order. Structs, encoders, decoders
// and printers (records.h, records.c) come from these lists and from nothing else.
//
//     RECORD_<NAME>(F)   F(type, field) for each field of `struct jute_<name>`
//     JUTE_RECORDS(R)    R(name, NAME) for each record
//     JUTE_VECTORS(V)    V(name, type of an element) for each vector
//
// Types: i32, i64, boolean, str and buf (struct slice; null is kept), the records id and stat, and
// the vectors.
// Source: zookeeper.jute of Apache ZooKeeper.
#ifndef PADDOCK_JUTE_SCHEMA_H
#define PADDOCK_JUTE_SCHEMA_H

// clang-format off

// ---- shared ----
#define RECORD_ID(F) F(str, scheme) F(str, id)
#define RECORD_ACL(F) F(i32, perms) F(id, id)
#define RECORD_STAT(F)                                                                             \
    F(i64, czxid) F(i64, mzxid) F(i64, ctime) F(i64, mtime) F(i32, version) F(i32, cversion)       \
    F(i32, aversion) F(i64, ephemeral_owner) F(i32, data_length) F(i32, num_children) F(i64, pzxid)
#define RECORD_STAT_PERSISTED(F)                                                                   \
    F(i64, czxid) F(i64, mzxid) F(i64, ctime) F(i64, mtime) F(i32, version) F(i32, cversion)       \
    F(i32, aversion) F(i64, ephemeral_owner) F(i64, pzxid)
#define RECORD_CLIENT_INFO(F) F(str, auth_scheme) F(str, user)

// ---- session and headers; the readOnly byte of connect packets is optional, see connect.h ----
#define RECORD_CONNECT_REQUEST(F)                                                                  \
    F(i32, protocol_version) F(i64, last_zxid_seen) F(i32, timeout_ms) F(i64, session_id)          \
    F(buf, passwd)
#define RECORD_CONNECT_RESPONSE(F)                                                                 \
    F(i32, protocol_version) F(i32, timeout_ms) F(i64, session_id) F(buf, passwd)
#define RECORD_REQUEST_HEADER(F) F(i32, xid) F(i32, type)
#define RECORD_REPLY_HEADER(F) F(i32, xid) F(i64, zxid) F(i32, err)
#define RECORD_MULTI_HEADER(F) F(i32, type) F(boolean, done) F(i32, err)
#define RECORD_WATCHER_EVENT(F) F(i32, type) F(i32, state) F(str, path)
#define RECORD_ERROR_RESPONSE(F) F(i32, err)
#define RECORD_AUTH_PACKET(F) F(i32, type) F(str, scheme) F(buf, auth)
#define RECORD_SASL_TOKEN(F) F(buf, token)

// ---- requests ----
#define RECORD_CREATE_REQUEST(F) F(str, path) F(buf, data) F(acl_vec, acl) F(i32, flags)
#define RECORD_CREATE_TTL_REQUEST(F)                                                               \
    F(str, path) F(buf, data) F(acl_vec, acl) F(i32, flags) F(i64, ttl_ms)
#define RECORD_PATH_VERSION(F) F(str, path) F(i32, version) // delete, check
#define RECORD_PATH_WATCH(F) F(str, path) F(boolean, watch) // exists, getData, getChildren(2)
#define RECORD_PATH(F) F(str, path) // getACL, sync, getEphemerals, getAllChildrenNumber, ...
#define RECORD_PATH_TYPE(F) F(str, path) F(i32, type) // addWatch, checkWatches, removeWatches
#define RECORD_SET_DATA_REQUEST(F) F(str, path) F(buf, data) F(i32, version)
#define RECORD_SET_ACL_REQUEST(F) F(str, path) F(acl_vec, acl) F(i32, version)
#define RECORD_RECONFIG_REQUEST(F)                                                                 \
    F(str, joining) F(str, leaving) F(str, new_members) F(i64, cur_config_id)
#define RECORD_SET_WATCHES(F)                                                                      \
    F(i64, relative_zxid) F(str_vec, data) F(str_vec, exist) F(str_vec, child)
#define RECORD_SET_WATCHES2(F)                                                                     \
    F(i64, relative_zxid) F(str_vec, data) F(str_vec, exist) F(str_vec, child)                     \
    F(str_vec, persistent) F(str_vec, persistent_recursive)

// ---- replies ----
#define RECORD_CREATE2_RESPONSE(F) F(str, path) F(stat, stat)
#define RECORD_GET_DATA_RESPONSE(F) F(buf, data) F(stat, stat)
#define RECORD_GET_ACL_RESPONSE(F) F(acl_vec, acl) F(stat, stat)
#define RECORD_GET_CHILDREN_RESPONSE(F) F(str_vec, children)
#define RECORD_GET_CHILDREN2_RESPONSE(F) F(str_vec, children) F(stat, stat)
#define RECORD_GET_EPHEMERALS_RESPONSE(F) F(str_vec, ephemerals)
#define RECORD_WHO_AM_I_RESPONSE(F) F(client_info_vec, client_info)

// ---- transactions ----
#define RECORD_TXN_HEADER(F)                                                                       \
    F(i64, client_id) F(i32, cxid) F(i64, zxid) F(i64, time_ms) F(i32, type)
#define RECORD_TXN_DIGEST(F) F(i32, version) F(i64, tree_digest)
#define RECORD_CREATE_TXN(F)                                                                       \
    F(str, path) F(buf, data) F(acl_vec, acl) F(boolean, ephemeral) F(i32, parent_cversion)
#define RECORD_CREATE_TXN_V0(F) F(str, path) F(buf, data) F(acl_vec, acl) F(boolean, ephemeral)
#define RECORD_CREATE_CONTAINER_TXN(F)                                                             \
    F(str, path) F(buf, data) F(acl_vec, acl) F(i32, parent_cversion)
#define RECORD_CREATE_TTL_TXN(F)                                                                   \
    F(str, path) F(buf, data) F(acl_vec, acl) F(i32, parent_cversion) F(i64, ttl_ms)
#define RECORD_DELETE_TXN(F) F(str, path)
#define RECORD_SET_DATA_TXN(F) F(str, path) F(buf, data) F(i32, version)
#define RECORD_SET_ACL_TXN(F) F(str, path) F(acl_vec, acl) F(i32, version)
#define RECORD_CHECK_VERSION_TXN(F) F(str, path) F(i32, version)
#define RECORD_CREATE_SESSION_TXN(F) F(i32, timeout_ms)
#define RECORD_CLOSE_SESSION_TXN(F) F(str_vec, paths)
#define RECORD_ERROR_TXN(F) F(i32, err)

// ---- files ----
#define RECORD_FILE_HEADER(F) F(i32, magic) F(i32, version) F(i64, dbid)

#define JUTE_VECTORS(V) V(str_vec, str) V(acl_vec, acl) V(client_info_vec, client_info)

// Records in the order in which a record is declared before its use as a field.
#define JUTE_RECORDS(R)                                                                            \
    R(id, ID)                                                                                      \
    R(acl, ACL)                                                                                    \
    R(stat, STAT)                                                                                  \
    R(stat_persisted, STAT_PERSISTED)                                                              \
    R(client_info, CLIENT_INFO)                                                                    \
    R(connect_request, CONNECT_REQUEST)                                                            \
    R(connect_response, CONNECT_RESPONSE)                                                          \
    R(request_header, REQUEST_HEADER)                                                              \
    R(reply_header, REPLY_HEADER)                                                                  \
    R(multi_header, MULTI_HEADER)                                                                  \
    R(watcher_event, WATCHER_EVENT)                                                                \
    R(error_response, ERROR_RESPONSE)                                                              \
    R(auth_packet, AUTH_PACKET)                                                                    \
    R(sasl_token, SASL_TOKEN)                                                                      \
    R(create_request, CREATE_REQUEST)                                                              \
    R(create_ttl_request, CREATE_TTL_REQUEST)                                                      \
    R(path_version, PATH_VERSION)                                                                  \
    R(path_watch, PATH_WATCH)                                                                      \
    R(path, PATH)                                                                                  \
    R(path_type, PATH_TYPE)                                                                        \
    R(set_data_request, SET_DATA_REQUEST)                                                          \
    R(set_acl_request, SET_ACL_REQUEST)                                                            \
    R(reconfig_request, RECONFIG_REQUEST)                                                          \
    R(set_watches, SET_WATCHES)                                                                    \
    R(set_watches2, SET_WATCHES2)                                                                  \
    R(create2_response, CREATE2_RESPONSE)                                                          \
    R(get_data_response, GET_DATA_RESPONSE)                                                        \
    R(get_acl_response, GET_ACL_RESPONSE)                                                          \
    R(get_children_response, GET_CHILDREN_RESPONSE)                                                \
    R(get_children2_response, GET_CHILDREN2_RESPONSE)                                              \
    R(get_ephemerals_response, GET_EPHEMERALS_RESPONSE)                                            \
    R(who_am_i_response, WHO_AM_I_RESPONSE)                                                        \
    R(txn_header, TXN_HEADER)                                                                      \
    R(txn_digest, TXN_DIGEST)                                                                      \
    R(create_txn, CREATE_TXN)                                                                      \
    R(create_txn_v0, CREATE_TXN_V0)                                                                \
    R(create_container_txn, CREATE_CONTAINER_TXN)                                                  \
    R(create_ttl_txn, CREATE_TTL_TXN)                                                              \
    R(delete_txn, DELETE_TXN)                                                                      \
    R(set_data_txn, SET_DATA_TXN)                                                                  \
    R(set_acl_txn, SET_ACL_TXN)                                                                    \
    R(check_version_txn, CHECK_VERSION_TXN)                                                        \
    R(create_session_txn, CREATE_SESSION_TXN)                                                      \
    R(close_session_txn, CLOSE_SESSION_TXN)                                                        \
    R(error_txn, ERROR_TXN)                                                                        \
    R(file_header, FILE_HEADER)

// clang-format on

#endif
