// SPDX-License-Identifier: Apache-2.0
//
// What clients of real servers saw, as a history (annals.h): a tap between clients and servers
// writes down every frame, whoever the client is, and the checkers judge it as they judge a run of
// the simulator.
//
//     client ──► tap ──► server        the tap notes a request before it passes it on,
//            ◄──     ◄──               and an answer before the client sees it
//
// So the order in the file is right: an answer that stands before a request was there before it.
//
// The file, big-endian: the 8 bytes of transcript_magic; i64 slack_ms, i64 lag_ms (annals.h); then
// records of i64 at_ns (monotonic), i64 wall_ms, i32 kind, i32 client, and a jute buffer:
//
//     'S' 'R'   a frame without its length, sent by a client or received by it; the first each way
//               are ConnectRequest and ConnectResponse
//     'L'       the client's connection is lost
//     'T'       something befell the servers; client -1
//
// Clients write values that nobody wrote before, as the simulator's do (model_data).
#ifndef PADDOCK_SIM_TRANSCRIPT_H
#define PADDOCK_SIM_TRANSCRIPT_H

#include "sim/annals.h"

enum {
    TRANSCRIPT_CLIENTS_MAX = 16,
    TRANSCRIPT_VALUE_MAX = 1 << 26,
    TRANSCRIPT_ERROR_BYTES = 256,
};

extern const char transcript_magic[];

// Append what the bytes of a file tell to `h`, which was initialised.
// Errors: false when the file, or a frame in it, is not what it should be: *ret_error, of
// `size` bytes, says where and why. A server that sends such a frame is at fault, too.
bool transcript_read(struct slice bytes, struct annals *h, char *ret_error, size_t size);

// ---- record by record, while it happens (guest.h) ----

struct transcript;

struct transcript_record {
    int64_t at_ns;
    int64_t wall_least_ms, wall_ms; // as in struct annals_item
    int32_t kind, client;
    struct slice frame;
};

// Memory: owned; transcript_close. `h` is borrowed until then.
struct transcript *transcript_open(struct annals *h);
void transcript_close(struct transcript *t);
// Errors: false, and transcript_error says why.
bool transcript_take(struct transcript *t, const struct transcript_record *record);
const char *transcript_error(const struct transcript *t);

#endif
