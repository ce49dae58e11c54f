// SPDX-License-Identifier: Apache-2.0
//
// Names of result codes, from the list in code.h.
#include "jute/code.h"

const char *zk_code_name(int32_t code)
{
    switch (code) {
#define X(name, value)                                                                             \
    case value:                                                                                    \
        return #name;
        ZK_CODES(X)
#undef X
    }
    return "?";
}
