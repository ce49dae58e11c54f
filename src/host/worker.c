// SPDX-License-Identifier: Apache-2.0
//
// The thread of a worker and its two hand-overs: jobs in under the worker's mutex, finished jobs
// out under the loop's. A semaphore counts what is to be taken; a condition variable would cost a
// second system call for each job: its mutex counts as contended after every wait.
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
    char name[THREAD_NAME_BYTES];
    uv_sem_t wake;    // posted for each job, and once for the end
    uv_mutex_t mutex; // guards the rest
    struct loop_jobs queue;
    bool stopping; // the thread ends when the queue is empty
};

// The next job, or NULL when the worker is to end.
static struct port_job *wait_for_job(struct host_worker *w)
{
    uv_sem_wait(&w->wake);
    uv_mutex_lock(&w->mutex);
    struct port_job *job = w->queue.head;
    ASSERT(job != NULL || w->stopping);
    if (job != NULL) {
        w->queue.head = job->next;
    }
    uv_mutex_unlock(&w->mutex);
    return job;
}

static void worker_thread(void *arg)
{
    struct host_worker *w = arg;
    (void)pthread_setname_np(pthread_self(), w->name);
    for (struct port_job *job = wait_for_job(w); job != NULL; job = wait_for_job(w)) {
        job->run(job);
        loop_job_done(w->loop, job);
    }
}

static void worker_submit(struct port_worker *port, struct port_job *job)
{
    struct host_worker *w = CONTAINER_OF(port, struct host_worker, port);
    job->impl = w;
    uv_mutex_lock(&w->mutex);
    ASSERT(!w->stopping);
    loop_jobs_push(&w->queue, job);
    uv_mutex_unlock(&w->mutex);
    // After the unlock: woken before it, the thread would only wait for the mutex.
    uv_sem_post(&w->wake);
}

// Leave out the jobs of `w`.
static void jobs_drop_worker(struct loop_jobs *jobs, const struct host_worker *w)
{
    struct loop_jobs kept = {0};
    struct port_job *next = NULL;
    for (struct port_job *job = jobs->head; job != NULL; job = next) {
        next = job->next;
        if (job->impl != w) {
            loop_jobs_push(&kept, job);
        }
    }
    *jobs = kept;
}

static void worker_close(struct port_worker *port)
{
    struct host_worker *w = CONTAINER_OF(port, struct host_worker, port);
    uv_mutex_lock(&w->mutex);
    w->stopping = true;
    uv_mutex_unlock(&w->mutex);
    uv_sem_post(&w->wake);
    int status = uv_thread_join(&w->thread);
    ASSERT(status == 0);
    uv_mutex_lock(&w->loop->mutex);
    jobs_drop_worker(&w->loop->done, w);
    uv_mutex_unlock(&w->loop->mutex);
    jobs_drop_worker(&w->loop->delivering, w);
    uv_sem_destroy(&w->wake);
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
    status = uv_sem_init(&w->wake, 0);
    ASSERT(status == 0);
    enum err e = thread_start(&w->thread, worker_thread, w);
    if (e != ERR_OK) {
        uv_sem_destroy(&w->wake);
        uv_mutex_destroy(&w->mutex);
        mem_free(w);
        return e;
    }
    *ret = &w->port;
    return ERR_OK;
}
