// SPDX-License-Identifier: Apache-2.0
//
// The requests of a handle, from paddock_submit to their one result.
//
//                         deadline, end of session
//              ┌─────────────────────────────────────────────┐
//     add ► WAITING ──last byte written──► SENT ──answer──► ENDED ──► delivered
//                                           ├──connection lost─┘
//                                           └──deadline──► OVERDUE ──answer, connection lost──►
//                                           gone
//
// 1. WAITING and SENT are first in, first out; what is sent is a prefix of what was made.
// 2. A request has ended exactly once: `has_ended` is set with its code and fate, and it is
//    appended to the deliveries in the same moment.
// 3. OVERDUE ones have ended too; they only keep their place so that the late answer is known.
// 4. All are within requests_max until both their place and their delivery are gone.
//
// Credentials (ADD_AUTH) have a queue of their own once sent: their answers overtake others.
#ifndef PADDOCK_CLIENT_REQUESTS_H
#define PADDOCK_CLIENT_REQUESTS_H

#include "base/arena.h"
#include "client/deadlines.h"
#include "client/delivery.h"
#include "client/watchers.h"

struct credential;

enum request_state { REQUEST_WAITING, REQUEST_SENT, REQUEST_OVERDUE, REQUEST_ENDED };

struct waiter; // of a blocking call

// What is to be taken out of the watchers when the server agrees (REMOVE_WATCHES).
struct removal {
    unsigned kinds; // 0: this request removes nothing
    struct paddock_watch watch;
    bool is_local;
};

// One block: the struct, the types of its parts, the frame.
struct request {
    struct delivery delivery; // first
    struct list queue;        // WAITING, SENT and OVERDUE
    struct deadline deadline;
    enum request_state state;
    bool has_ended;
    int32_t xid;
    int64_t sent_ms;
    enum paddock_op_type type;
    struct watcher *watcher; // owned until the answer; or NULL
    enum watcher_kind watcher_kind;
    struct removal removal;
    struct slice path;             // of the removal: within the frame
    struct credential *credential; // owned until the answer; or NULL
    paddock_done_fn *done;
    void *ctx;
    struct waiter *waiter; // NULL: a callback, or nobody
    int code;
    enum paddock_fate fate;
    int64_t zxid;                  // of the answer; 0 without one
    struct paddock_result *result; // owned; NULL: only code and fate
    size_t part_count;
    const uint8_t *part_types; // of enum paddock_op_type
    size_t frame_len;
    size_t frame_written; // bytes that the stream has taken
    uint8_t *frame;       // with its length
};

struct requests {
    struct list waiting;
    struct list sent;
    struct list sent_credentials;
    struct list *deliveries; // where ended ones go
    struct watchers *watchers;
    struct slice chroot; // for events of removed watches
    struct deadlines deadlines;
    size_t count; // all that exist
    size_t count_max;
    int32_t last_xid;
};

void requests_init(struct requests *rs, size_t count_max, struct watchers *watchers,
                   struct slice chroot, struct list *deliveries);
void requests_fini(struct requests *rs); // none may exist any more

// A request with room for a frame and its parts. Errors: PADDOCK_QUEUE_FULL, PADDOCK_NO_MEMORY.
int requests_new(struct requests *rs, size_t frame_size, size_t part_count, struct request **ret);
void requests_drop(struct requests *rs, struct request *r); // one that was not added
void requests_add(struct requests *rs, struct request *r, int64_t deadline_ms);
int32_t requests_take_xid(struct requests *rs);

// The last byte of `r`, the oldest waiting one, was written.
void requests_sent(struct requests *rs, struct request *r, int64_t now_ms);
// The oldest one that has a place in the order of answers; NULL when none is awaited.
struct request *requests_oldest(const struct requests *rs);
struct request *requests_oldest_credential(const struct requests *rs);

// The answer has come. `result` is taken; NULL for `code` alone. Leaves its place.
void requests_answer(struct requests *rs, struct request *r, int code, enum paddock_fate fate,
                     struct paddock_result *result);
// Those whose deadline has passed.
void requests_expire(struct requests *rs, int64_t now_ms);
bool requests_next_deadline(const struct requests *rs, int64_t *ret_ms);
// The connection is gone: what was sent ends with `code`, fate unknown.
void requests_lose_sent(struct requests *rs, int code);
// What waits ends with `code`, not sent.
void requests_fail_waiting(struct requests *rs, int code);

// Its delivery was taken from the queue and is done with.
void requests_delivered(struct requests *rs, struct request *r);

#endif
