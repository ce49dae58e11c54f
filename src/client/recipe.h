// SPDX-License-Identifier: Apache-2.0
//
// What all recipes (paddock/recipes.h) stand on: objects that live beside a handle's session and
// act when it or their node changes, and the pieces of calls that wait.
//
// An object's own code runs on the turning side, one object at a time:
//
//     hear, look   with the pump's lock: note what happened, say whether there is something to do
//     act, done    without it: make requests, call the program
//
// 1. An object has at most one request under way; it may be dropped meanwhile, and its memory then
//    goes with the answer.
// 2. While an object's act or done runs, `acting` of the handle names it; dropping waits for that.
// 3. All recipes watch with one function and no context, so a watch may outlive its object.
#ifndef PADDOCK_CLIENT_RECIPE_H
#define PADDOCK_CLIENT_RECIPE_H

#include "client/handle.h"
#include "paddock/recipes.h"

struct recipe;
typedef void recipe_done_fn(struct recipe *r, const struct paddock_result *result);

struct recipe_type {
    // At the end of every turn. True: act. Lowers *due_ms to when it wants to be asked again.
    bool (*look)(struct recipe *r, int64_t now_ms, int64_t *due_ms);
    void (*act)(struct recipe *r);
    void (*hear)(struct recipe *r, const struct paddock_event *event); // or NULL
    void (*free)(struct recipe *r);
    bool is_own; // nobody else will free it
};

// Embedded first.
struct recipe {
    struct list link;   // of paddock.recipes
    struct paddock *zk; // NULL once the handle was closed
    const struct recipe_type *type;
    recipe_done_fn *done; // of the request under way
    bool is_busy;
    bool is_dropped;
};

void recipe_add(struct recipe *r, struct paddock *zk, const struct recipe_type *type);
void recipe_kick(struct paddock *zk); // an object that was added has something to do at once
void recipe_drop(struct recipe *r);   // free now, or when its request has ended

// Make the one request. Errors: as paddock_submit.
int recipe_submit(struct recipe *r, const struct paddock_op *op, recipe_done_fn *done);

// The watch that wakes objects and gates.
struct paddock_watch recipe_watch(void);

// Submit the creation of all parents of `path`, as containers or as plain nodes. What fails shows
// in the request that comes behind it.
int recipe_make_parents(struct paddock *zk, const char *path, enum paddock_mode mode);

// Whether the request may be made again: it was lost with its connection.
bool recipe_is_lost(int code);
bool recipe_renews(const struct paddock *zk);

// Of the handle. With the lock held. True when an object has acted.
bool recipes_run(struct paddock *zk);
void recipes_end(struct paddock *zk);

// ---- what guards a hold ----

// How a node of `session_id` is held now; UNSURE and HELD lower *due_ms to when that may change.
enum paddock_hold recipe_hold(const struct paddock *zk, int64_t session_id, int64_t now_ms,
                              int64_t *due_ms);

// ---- names ----

enum { RECIPE_UNIQUE_BYTES = 3 + 36 + 2 }; // "_c_<uuid>-" and the zero

// Source: Curator's ProtectedUtils.
void recipe_unique(struct paddock *zk, char text[RECIPE_UNIQUE_BYTES]);
char *recipe_join(const char *dir, const char *a, const char *b); // dir/ab; owned, or NULL
char *recipe_strdup(const char *text);                            // owned, or NULL

// ---- removal of a node, for as long as it takes ----

// Delete `path`; or, when it is NULL, the child of `dir` whose name begins with `unique`, as long
// as `session_id` is the session. Goes on by itself until it is done or the handle is closed.
// Memory: borrows all. Errors: PADDOCK_NO_MEMORY.
int sweep_start(struct paddock *zk, int64_t session_id, const char *path, const char *dir,
                const char *unique);

// Start, and wait. PADDOCK_OPERATION_TIMEOUT: it goes on by itself. `looks_first`: others use the
// name as well, so only a node of this session is deleted.
int sweep_wait(struct paddock *zk, int64_t session_id, const char *path, bool looks_first,
               int timeout_ms);

// ---- calls that wait ----

struct errand {
    struct paddock *zk;
    int64_t deadline_ms;
};

// Errors: PADDOCK_WOULD_DEADLOCK, PADDOCK_CLOSED (zk is NULL).
int errand_begin(struct errand *e, struct paddock *zk, int timeout_ms);
bool errand_is_over(const struct errand *e);
int errand_left_ms(const struct errand *e);
// paddock_call with the time that is left. *ret is NULL without a result.
int errand_call(const struct errand *e, struct paddock_op op, struct paddock_result **ret);
int errand_do(const struct errand *e, struct paddock_op op); // without its result
// The same two again and again until a server has answered: for requests that may be done twice.
int errand_call_surely(const struct errand *e, struct paddock_op op, struct paddock_result **ret);
int errand_do_surely(const struct errand *e, struct paddock_op op);
// After a failure: is there reason and time for another attempt?
bool errand_goes_on(const struct errand *e, int code);

// A place to wait for a change of one node: put up before the request that sets the watch.
struct gate {
    struct list link;
    const char *path;
    int64_t session_id;
    bool is_open;
};
void gate_put(struct paddock *zk, struct gate *g, const char *path);
// Until it opens, the session ends or changes: PADDOCK_OK; or PADDOCK_OPERATION_TIMEOUT.
int gate_wait(const struct errand *e, struct gate *g);
void gate_take(struct paddock *zk, struct gate *g);

#endif
