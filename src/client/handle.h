// SPDX-License-Identifier: Apache-2.0
//
// What a `struct paddock` is: a session, and who may touch it when. The core knows no threads and
// no callbacks; this does.
//
// 1. Everything within is touched with the pump's lock held, and the loop's side of it (streams,
//    timers, session_work) only by whoever turns the loop: the handle's thread, or with
//    PADDOCK_NO_THREAD the program's.
// 2. Callbacks run without the lock, from handle_run only, one at a time.
#ifndef PADDOCK_CLIENT_HANDLE_H
#define PADDOCK_CLIENT_HANDLE_H

#include "client/session.h"

struct paddock {
    struct client_ports *ports;
    bool is_threaded; // for good: read without the lock, so nothing that changes lies beside it
    struct session session;
    paddock_watch_fn *on_event;
    void *ctx; // of on_event
    int request_timeout_ms;
    bool must_stop;                   // of the thread
    bool is_delivering;               // a callback is running
    enum paddock_state noticed_state; // that waiting callers were woken for
    struct list recipes;              // client/recipe.h
    struct list gates;                // of callers that wait for a node
    struct recipe *acting;            // the recipe whose code runs without the lock; or NULL
};

// A blocking call, on its caller's stack.
struct waiter {
    bool is_done;
    int code;
    enum paddock_fate fate;
    int64_t zxid;
    struct paddock_result *result; // owned; NULL: the fields above are all
};

// The request has ended: hand its ending over.
void handle_tell_waiter(struct waiter *w, struct request *r);

// Do what is due and deliver what is queued. With the lock held, on the turning side. True when
// anything was delivered.
bool handle_run(struct paddock *zk);

// True inside of a callback, where nothing may block.
bool handle_is_in_callback(struct paddock *zk);

// After work was made for the turning side, with the lock held.
void handle_kick(struct paddock *zk);

// Wait for something to happen, at most until `deadline_ms`; with PADDOCK_NO_THREAD, make it
// happen. With the lock held.
void handle_wait(struct paddock *zk, int64_t deadline_ms);

int64_t handle_now(const struct paddock *zk);

#endif
