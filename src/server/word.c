// SPDX-License-Identifier: Apache-2.0
//
// Four-letter words.
#include "server/word.h"

#include "server/server_priv.h"

size_t word_length(uint32_t head)
{
    return head == 0x72756f6b || head == 0x73727672 ? 4 : 0;
}

void word_answer(struct conn *c, struct slice word)
{
    struct buf *out = conn_out(c);
    if (slice_equal_str(word, "ruok")) {
        buf_append_str(out, "imok");
        return;
    }
    buf_printf(out, "Zxid: 0x%llx\nMode: standalone\nNode count: %llu\n",
               (unsigned long long)tree_last_zxid(c->server->tree),
               (unsigned long long)tree_node_count(c->server->tree));
}
