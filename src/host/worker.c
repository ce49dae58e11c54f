// SPDX-License-Identifier: Apache-2.0
//
// The thread of a worker and its two hand-overs: jobs in under the worker's mutex, finished jobs
// out under the loop's.
#include "host/worker.h"

#include <pthread.h>
#include <string.h>

#include "base/assert.h"
#include "base/list.h"
#include "base/mem.h"
#include "host/loop.h"
#include "host/thread.h"

enum { THREAD_NAME_BYTES = 16 }; // Source: pthread_setname_np(3), the zero included

struct host_worker {
    struct port_worker port; // first
    struct host_loop *loop;
    uv_thread_t thread;
    uv_mutex_t mutex; // guards the rest
    uv_cond_t wake;
    struct loop_jobs queue;
    bool stopping; // the thread ends when the queue is empty
    char name[THREAD_NAME_BYTES];
};

static void jobs_push(struct loop_jobs *jobs, struct port_job *job)
{
    job->next = NULL;
    if (jobs->head == NULL) {
        jobs->head = job;
    } else {
        jobs->tail->next = job;
    }
    jobs->tail = job;
}

// The next job, or NULL when the worker is to end.
static struct port_job *wait_for_job(struct host_worker *w)
{
    uv_mutex_lock(&w->mutex);
    while (w->queue.head == NULL && !w->stopping) {
        uv_cond_wait(&w->wake, &w->mutex);
    }
    struct port_job *job = w->queue.head;
    if (job != NULL) {
        w->queue.head = job->next;
    }
    uv_mutex_unlock(&w->mutex);
    return job;
}

static void hand_back(struct host_loop *l, struct port_job *job)
{
    uv_mutex_lock(&l->mutex);
    bool was_empty = l->done.head == NULL;
    jobs_push(&l->done, job);
    uv_mutex_unlock(&l->mutex);
    if (was_empty) { // else the loop has been told already
        (void)uv_async_send(&l->finished);
    }
}

static void worker_thread(void *arg)
{
    struct host_worker *w = arg;
    (void)pthread_setname_np(pthread_self(), w->name);
    for (struct port_job *job = wait_for_job(w); job != NULL; job = wait_for_job(w)) {
        job->run(job);
        hand_back(w->loop, job);
    }
}

static void worker_submit(struct port_worker *port, struct port_job *job)
{
    struct host_worker *w = CONTAINER_OF(port, struct host_worker, port);
    job->impl = w;
    uv_mutex_lock(&w->mutex);
    ASSERT(!w->stopping);
    jobs_push(&w->queue, job);
    uv_mutex_unlock(&w->mutex);
    // After the unlock: woken before it, the thread would only wait for the mutex.
    uv_cond_signal(&w->wake);
}

// Leave out the jobs of `w`.
static void jobs_drop_worker(struct loop_jobs *jobs, const struct host_worker *w)
{
    struct loop_jobs kept = {0};
    struct port_job *next = NULL;
    for (struct port_job *job = jobs->head; job != NULL; job = next) {
        next = job->next;
        if (job->impl != w) {
            jobs_push(&kept, job);
        }
    }
    *jobs = kept;
}

static void worker_close(struct port_worker *port)
{
    struct host_worker *w = CONTAINER_OF(port, struct host_worker, port);
    uv_mutex_lock(&w->mutex);
    w->stopping = true;
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->mutex);
    int status = uv_thread_join(&w->thread);
    ASSERT(status == 0);
    uv_mutex_lock(&w->loop->mutex);
    jobs_drop_worker(&w->loop->done, w);
    uv_mutex_unlock(&w->loop->mutex);
    jobs_drop_worker(&w->loop->delivering, w);
    uv_cond_destroy(&w->wake);
    uv_mutex_destroy(&w->mutex);
    mem_free(w);
}

enum err worker_open(struct port_loop *loop, const char *name, struct port_worker **ret)
{
    struct host_worker *w = mem_zalloc(sizeof(*w));
    w->port = (struct port_worker){.submit = worker_submit, .close = worker_close};
    w->loop = CONTAINER_OF(loop, struct host_loop, port);
    memcpy(w->name, name, strnlen(name, THREAD_NAME_BYTES - 1));
    int status = uv_mutex_init(&w->mutex);
    ASSERT(status == 0); // this and the next fail only for want of memory
    status = uv_cond_init(&w->wake);
    ASSERT(status == 0);
    enum err e = thread_start(&w->thread, worker_thread, w);
    if (e != ERR_OK) {
        uv_cond_destroy(&w->wake);
        uv_mutex_destroy(&w->mutex);
        mem_free(w);
        return e;
    }
    *ret = &w->port;
    return ERR_OK;
}
