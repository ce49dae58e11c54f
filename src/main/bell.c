// SPDX-License-Identifier: Apache-2.0
//
// A mutex and a condition on the monotonic clock.
#include "main/bell.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static unsigned long long rung; // how often

void bell_lock(void)
{
    (void)pthread_mutex_lock(&mutex);
}

void bell_unlock(void)
{
    (void)pthread_mutex_unlock(&mutex);
}

bool bell_wait(int timeout_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    unsigned long long before = rung;
    int status = 0;
    while (rung == before && status != ETIMEDOUT) {
        status = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &until);
    }
    return rung != before;
}

void bell_ring(void)
{
    rung++;
    (void)pthread_cond_broadcast(&condition);
}
