// SPDX-License-Identifier: Apache-2.0
//
// Java's names of digests to OpenSSL's, and one call to hash.
#include "host/digest.h"

#include <openssl/evp.h>
#include <strings.h>

// Source: Java Security Standard Algorithm Names, "MessageDigest Algorithms"; Java ignores case and
// has "SHA" and "SHA1" for SHA-1.
static const struct {
    const char *java;
    const char *openssl;
} names[] = {
    {"SHA1", "SHA1"},
    {"SHA-1", "SHA1"},
    {"SHA", "SHA1"},
    {"SHA-256", "SHA256"},
    {"SHA-512", "SHA512"},
    {"SHA-384", "SHA384"},
    {"SHA-224", "SHA224"},
    {"MD5", "MD5"},
    {"SHA-512/256", "SHA512-256"},
    {"SHA-512/224", "SHA512-224"},
    {"SHA3-224", "SHA3-224"},
    {"SHA3-256", "SHA3-256"},
    {"SHA3-384", "SHA3-384"},
    {"SHA3-512", "SHA3-512"},
};

static const EVP_MD *find(const char *algorithm)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(names[i].java, algorithm) == 0) {
            return EVP_get_digestbyname(names[i].openssl);
        }
    }
    return NULL;
}

static enum err digest_hash(struct port_digest *digest, const char *algorithm, struct slice bytes,
                            uint8_t ret[PORT_DIGEST_BYTES_MAX], size_t *ret_len)
{
    (void)digest;
    const EVP_MD *md = find(algorithm);
    if (md == NULL) {
        return ERR_UNSUPPORTED;
    }
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    // A policy of this machine (FIPS) may refuse an algorithm that the library knows.
    if (EVP_Digest(bytes.data, bytes.len, out, &len, md, NULL) != 1) {
        return ERR_UNSUPPORTED;
    }
    memcpy(ret, out, len);
    *ret_len = len;
    return ERR_OK;
}

void digest_init(struct port_digest *d)
{
    _Static_assert(EVP_MAX_MD_SIZE <= PORT_DIGEST_BYTES_MAX, "every digest fits");
    *d = (struct port_digest){.hash = digest_hash};
}
