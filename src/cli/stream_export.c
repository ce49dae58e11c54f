// SPDX-License-Identifier: Apache-2.0
//
// The nodes of a file of `export`.
#include "base/mem.h"
#include "cli/export_file.h"

struct export_stream {
    struct node_stream base;
    struct export_reader *reader;
};

static enum node_step next(struct node_stream *base, struct node *ret)
{
    struct export_stream *s = (struct export_stream *)base;
    switch (export_reader_next(s->reader, ret)) {
    case EXPORT_NEXT:
        return NODE_NEXT;
    case EXPORT_END:
        return NODE_END;
    case EXPORT_FAILED:
        break;
    }
    base->exit_code = CLI_NO;
    return NODE_FAILED;
}

static void close_stream(struct node_stream *base)
{
    struct export_stream *s = (struct export_stream *)base;
    export_reader_close(s->reader);
    mem_free(s);
}

struct node_stream *node_stream_export(struct cli *c, const char *file, bool is_edited)
{
    struct export_reader *reader = export_reader_open(c, file, is_edited);
    if (reader == NULL) {
        return NULL;
    }
    struct export_stream *s = mem_zalloc(sizeof(*s));
    s->base = (struct node_stream){.next = next, .close = close_stream};
    s->reader = reader;
    return &s->base;
}
