// SPDX-License-Identifier: Apache-2.0
//
// bench_micro_link: what a link between servers costs per packet, without sockets: a proposal of
// 1 KiB sent and flushed, a thousand a turn; and received out of reads of 64 KiB that end anywhere.
// One line per case: nanoseconds per packet of the fastest of some rounds.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "base/limits.h"
#include "server/link.h"

enum { ROUNDS = 15, PACKETS = 100000, TURN_PACKETS = 1000, VALUE_BYTES = 1024 };

// ---- ports that do nothing ----

static int64_t mono_ns(struct port_clock *clock)
{
    (void)clock;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void timer_start(struct port_loop *loop, struct port_timer *timer, int64_t delay_ms)
{
    (void)loop;
    (void)timer;
    (void)delay_ms;
}

static void timer_stop(struct port_loop *loop, struct port_timer *timer)
{
    (void)loop;
    (void)timer;
}

static void stream_nothing(struct port_stream *s)
{
    (void)s;
}

static int64_t stream_write(struct port_stream *s, const struct slice *parts, size_t count)
{
    (void)s;
    int64_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        taken += (int64_t)parts[i].len;
    }
    return taken;
}

// ---- the link ----

static uint64_t received;

static void on_packet(struct link *l, const struct zab_packet *p)
{
    (void)l;
    received += p->data.len > 0 ? 1 : 0;
}

static void on_room(struct link *l)
{
    (void)l;
}

static void on_down(struct link *l, enum err reason)
{
    (void)l;
    (void)reason;
    ASSERT(false && "a link without a network does not break");
}

static const struct link_handler handler = {
    .on_packet = on_packet, .on_room = on_room, .on_down = on_down};

static const uint8_t value[VALUE_BYTES] = {1};

static int64_t send_all(struct link *l)
{
    int64_t start_ns = mono_ns(NULL);
    for (int i = 0; i < PACKETS; i++) {
        const struct zab_packet p = {
            .type = ZAB_PROPOSAL, .zxid = i, .data = slice_of(value, sizeof(value))};
        link_send(l, &p);
        if (i % TURN_PACKETS == TURN_PACKETS - 1) {
            links_flush(link_links(l));
        }
    }
    return mono_ns(NULL) - start_ns;
}

// As recv does it: the same buffer again and again, here with what comes next copied into it.
static int64_t receive_all(struct port_stream *stream, struct slice bytes)
{
    static uint8_t buffer[LIMIT_READ_CHUNK_BYTES];
    int64_t spent_ns = 0;
    while (bytes.len > 0) {
        size_t len = bytes.len < sizeof(buffer) ? bytes.len : sizeof(buffer);
        memcpy(buffer, bytes.data, len);
        int64_t start_ns = mono_ns(NULL);
        stream->handler->on_bytes(stream, slice_of(buffer, len));
        spent_ns += mono_ns(NULL) - start_ns;
        bytes = slice_skip(bytes, len);
    }
    return spent_ns;
}

static void print_case(const char *name, int64_t best_ns)
{
    printf("%-8s %6.1f ns per packet, %.2f million packets of 1 KiB a second\n", name,
           (double)best_ns / PACKETS, (double)PACKETS * 1e3 / (double)best_ns);
}

int main(void)
{
    struct port_clock clock = {.mono_ns = mono_ns};
    struct port_loop loop = {.timer_start = timer_start, .timer_stop = timer_stop};
    struct port_stream stream = {.start = stream_nothing,
                                 .pause = stream_nothing,
                                 .write = stream_write,
                                 .close = stream_nothing};
    const struct links_options options = {
        .loop = &loop, .clock = &clock, .handler = &handler, .data_max = 1 << 20};
    struct links links;
    struct buf bytes = {0};
    links_init(&links, &options);
    struct link *l = link_accept(&links, &stream, 1);
    for (int i = 0; i < PACKETS; i++) {
        const struct zab_packet p = {
            .type = ZAB_PROPOSAL, .zxid = i, .data = slice_of(value, sizeof(value))};
        zab_packet_encode(&p, &bytes);
    }
    int64_t best_send_ns = INT64_MAX, best_receive_ns = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t send_ns = send_all(l);
        int64_t receive_ns = receive_all(&stream, buf_slice(&bytes));
        best_send_ns = send_ns < best_send_ns ? send_ns : best_send_ns;
        best_receive_ns = receive_ns < best_receive_ns ? receive_ns : best_receive_ns;
    }
    ASSERT(received == (uint64_t)ROUNDS * PACKETS);
    print_case("send", best_send_ns);
    print_case("receive", best_receive_ns);
    links_fini(&links);
    buf_fini(&bytes);
    return 0;
}
