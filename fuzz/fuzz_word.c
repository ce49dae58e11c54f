// SPDX-License-Identifier: Apache-2.0
//
// Four-letter words: the first byte chooses a word (or none), the rest follows it. A word is always
// answered and the connection closed, however many bytes come behind it.
#include "fuzz/one_server.h"
#include "server/word.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {"conf", "cons", "crst", "dirs", "dump", "envi", "gtmk",
                                    "hash", "isro", "mntr", "ruok", "srst", "srvr", "stat",
                                    "stmk", "wchc", "wchp", "wchs"};
enum { WORDS = sizeof(words) / sizeof(words[0]), MASK_BYTES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct one_server o;
    one_open(&o);
    size_t choice = data[0] % (WORDS + 1);
    if (choice < WORDS) {
        one_send(&o, slice_str(words[choice]));
    }
    one_send(&o, slice_of(data + 1, size - 1));
    one_settle(&o);
    if (choice < WORDS) {
        bool is_short = strcmp(words[choice], "stmk") == 0 && size - 1 < MASK_BYTES;
        bool is_silent = strcmp(words[choice], "hash") == 0; // no digest of a fresh tree is logged
        ASSERT(is_short || (o.has_ended && (is_silent || o.received.len > 0)));
    }
    one_close(&o);
    return 0;
}
