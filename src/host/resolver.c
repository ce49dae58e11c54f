// SPDX-License-Identifier: Apache-2.0
//
// A lookup goes one of three ways:
//
//     asked ──► waiting ──► asking, on a thread ──► answered ──► told
//       └── a numeric address ──────────────────────────┘
//
// and `cancel` takes its question away at any place. What the loop and the threads share is in
// struct lookups, under its mutex, and counted: the resolver and each asking thread hold it.
#include "host/resolver.h"

#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/list.h"
#include "base/mem.h"
#include "host/errno.h"
#include "host/stream.h"
#include "host/thread.h"

struct lookups {
    uv_mutex_t mutex;     // guards the rest and every `question`
    uv_async_t *answered; // NULL: the resolver is gone
    struct list asking;   // with a thread
    struct list waiting;  // for one, while all are busy
    struct list done;     // to be told
    unsigned threads;
};

struct lookup {
    struct lookups *all;
    struct list link;               // of `asking`, `waiting`, `done` or the ones being told
    struct port_question *question; // NULL: cancelled
    bool has_thread;
    enum err err;
    struct port_address addresses[PORT_RESOLVED_MAX];
    size_t count;
    uint16_t port;
    char host[]; // with its zero
};

static void lookups_free(struct lookups *all)
{
    uv_mutex_destroy(&all->mutex);
    mem_free(all);
}

// ---- asking ----

static void take_addresses(struct lookup *l, const struct addrinfo *found)
{
    for (; found != NULL && l->count < PORT_RESOLVED_MAX; found = found->ai_next) {
        struct sockaddr_storage address = {0};
        if ((found->ai_family == AF_INET || found->ai_family == AF_INET6) &&
            found->ai_addrlen <= sizeof(address)) {
            memcpy(&address, found->ai_addr, found->ai_addrlen);
            l->addresses[l->count] = stream_address(&address);
            l->addresses[l->count++].port = l->port;
        }
    }
}

// Source: RFC 6761, 6.3: these names are the loopback interface, whatever the system knows. It does
// not where /etc/hosts is missing.
static bool is_local(const char *host)
{
    static const char name[] = "localhost";
    size_t len = strlen(host);
    size_t name_len = sizeof(name) - 1;
    return len >= name_len && strcasecmp(host + len - name_len, name) == 0 &&
           (len == name_len || host[len - name_len - 1] == '.');
}

static void take_loopback(struct lookup *l)
{
    l->addresses[0] = (struct port_address){.bytes = {127, 0, 0, 1}, .port = l->port};
    l->addresses[1] = (struct port_address){.bytes = {[15] = 1}, .is_v6 = true, .port = l->port};
    l->count = 2;
}

// Without AI_ADDRCONFIG: it takes loopback addresses for none, and then not even localhost is found
// on a machine without a network.
static void ask(struct lookup *l, int flags)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(l->host, NULL, &hints, &found);
    if (status == 0) {
        take_addresses(l, found);
        freeaddrinfo(found);
    } else if ((flags & AI_NUMERICHOST) == 0 && is_local(l->host)) {
        take_loopback(l);
    }
    l->err = l->count > 0 ? ERR_OK : status == EAI_MEMORY ? ERR_NO_MEMORY : ERR_UNRESOLVED;
}

// With the mutex.
static void queue_answer(struct lookup *l)
{
    list_push_back(&l->all->done, &l->link);
    (void)uv_async_send(l->all->answered);
}

// With the mutex: the thread has done with `l`.
static void end_asking(struct lookup *l)
{
    list_remove(&l->link);
    l->has_thread = false;
    if (l->question != NULL) {
        queue_answer(l);
    } else {
        mem_free(l);
    }
}

// With the mutex: the one that waits longest is now this thread's; NULL when none waits.
static struct lookup *take_waiting(struct lookups *all)
{
    if (list_is_empty(&all->waiting)) {
        return NULL;
    }
    struct lookup *l = CONTAINER_OF(all->waiting.next, struct lookup, link);
    list_remove(&l->link);
    l->has_thread = true;
    list_push_back(&all->asking, &l->link);
    return l;
}

static void run_lookups(void *arg)
{
    struct lookup *l = arg;
    struct lookups *all = l->all;
    bool is_unused = false;
    while (l != NULL) {
        ask(l, 0);
        uv_mutex_lock(&all->mutex);
        end_asking(l);
        l = take_waiting(all);
        if (l == NULL) {
            all->threads--;
            is_unused = all->threads == 0 && all->answered == NULL;
        }
        uv_mutex_unlock(&all->mutex);
    }
    if (is_unused) {
        lookups_free(all);
    }
}

// With the mutex.
static enum err ask_on_thread(struct lookup *l)
{
    if (l->all->threads >= RESOLVER_THREADS_MAX) {
        list_push_back(&l->all->waiting, &l->link);
        return ERR_OK;
    }
    enum err e = thread_start_alone(run_lookups, l);
    if (e == ERR_OK) {
        l->all->threads++;
        l->has_thread = true;
        list_push_back(&l->all->asking, &l->link);
    }
    return e;
}

static enum err resolve(struct port_resolver *port, const char *host, uint16_t number,
                        struct port_question *q)
{
    struct lookups *all = CONTAINER_OF(port, struct host_resolver, port)->lookups;
    ASSERT(q->impl == NULL);
    ASSERT(q->answered != NULL);
    size_t size = strlen(host) + 1;
    struct lookup *l = mem_try_alloc(sizeof(*l) + size);
    if (l == NULL) {
        return ERR_NO_MEMORY;
    }
    memset(l, 0, sizeof(*l));
    memcpy(l->host, host, size);
    l->all = all;
    l->question = q;
    l->port = number;
    ask(l, AI_NUMERICHOST);
    enum err e = ERR_OK;
    uv_mutex_lock(&all->mutex);
    if (l->err == ERR_OK) {
        queue_answer(l);
    } else {
        e = ask_on_thread(l);
    }
    uv_mutex_unlock(&all->mutex);
    if (e == ERR_OK) {
        q->impl = l;
    } else {
        mem_free(l);
    }
    return e;
}

// ---- answering ----

// The first of those being told, its question free for the next use; NULL when there is none.
static struct port_question *take_next(struct lookups *all, struct list *telling,
                                       struct lookup **ret)
{
    struct port_question *q = NULL;
    uv_mutex_lock(&all->mutex);
    if (!list_is_empty(telling)) {
        struct lookup *l = CONTAINER_OF(telling->next, struct lookup, link);
        list_remove(&l->link);
        q = l->question;
        q->impl = NULL;
        *ret = l;
    }
    uv_mutex_unlock(&all->mutex);
    return q;
}

static void on_answered(uv_async_t *handle)
{
    struct lookups *all = CONTAINER_OF(handle, struct host_resolver, answered)->lookups;
    struct list telling; // what is answered during these calls comes in the next turn
    list_init(&telling);
    uv_mutex_lock(&all->mutex);
    while (!list_is_empty(&all->done)) {
        struct list *first = all->done.next;
        list_remove(first);
        list_push_back(&telling, first);
    }
    uv_mutex_unlock(&all->mutex);
    struct lookup *l = NULL;
    for (struct port_question *q = take_next(all, &telling, &l); q != NULL;
         q = take_next(all, &telling, &l)) {
        q->answered(q, l->err, l->addresses, l->count);
        mem_free(l);
    }
}

// ---- cancelling ----

static void cancel(struct port_resolver *port, struct port_question *q)
{
    (void)port;
    struct lookup *l = q->impl;
    if (l == NULL) {
        return;
    }
    q->impl = NULL;
    uv_mutex_t *mutex = &l->all->mutex;
    uv_mutex_lock(mutex);
    l->question = NULL;
    if (!l->has_thread) { // else the thread frees it
        list_remove(&l->link);
        mem_free(l);
    }
    uv_mutex_unlock(mutex);
}

// ---- life cycle ----

enum err resolver_init(struct host_resolver *r, struct host_loop *l)
{
    struct lookups *all = mem_try_alloc(sizeof(*all));
    if (all == NULL) {
        return ERR_NO_MEMORY;
    }
    *all = (struct lookups){.answered = &r->answered};
    list_init(&all->asking);
    list_init(&all->waiting);
    list_init(&all->done);
    if (uv_mutex_init(&all->mutex) != 0) {
        mem_free(all);
        return ERR_NO_MEMORY;
    }
    *r = (struct host_resolver){.port = {.resolve = resolve, .cancel = cancel}, .lookups = all};
    int status = uv_async_init(&l->uv, &r->answered, on_answered);
    if (status < 0) {
        lookups_free(all);
        return host_err_uv(status);
    }
    return ERR_OK;
}

// Lookups without a thread.
static void drop_all(struct list *lookups)
{
    while (!list_is_empty(lookups)) {
        struct lookup *l = CONTAINER_OF(lookups->next, struct lookup, link);
        list_remove(&l->link);
        l->question->impl = NULL;
        mem_free(l);
    }
}

void resolver_fini(struct host_resolver *r)
{
    struct lookups *all = r->lookups;
    uv_mutex_lock(&all->mutex);
    LIST_FOREACH (it, &all->asking) {
        struct lookup *l = CONTAINER_OF(it, struct lookup, link);
        if (l->question != NULL) {
            l->question->impl = NULL;
            l->question = NULL;
        }
    }
    drop_all(&all->waiting);
    drop_all(&all->done);
    all->answered = NULL;
    bool is_unused = all->threads == 0;
    uv_mutex_unlock(&all->mutex);
    if (is_unused) {
        lookups_free(all);
    }
    uv_close((uv_handle_t *)&r->answered, NULL);
}
