// SPDX-License-Identifier: Apache-2.0
//
// The mask is set around the creation, since a thread inherits it: there is no moment in which the
// new thread could take a signal.
#include "host/thread.h"

#include <pthread.h>
#include <signal.h>

#include "base/assert.h"

enum err thread_start(uv_thread_t *ret, void (*run)(void *arg), void *arg)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = uv_thread_create(ret, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status == 0 ? ERR_OK : ERR_LIMIT;
}

enum err thread_start_alone(void (*run)(void *arg), void *arg)
{
    uv_thread_t thread;
    enum err e = thread_start(&thread, run, arg);
    if (e == ERR_OK) {
        int status = pthread_detach(thread);
        ASSERT(status == 0);
    }
    return e;
}
