// A damaged file is never exported as other data without a word: bits flipped, sectors
// zeroed, ends cut off, of a real results.db. Arguments: how many of each, and a seed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support_program.h"

enum { SECTOR = 512 };

static unsigned long counts[3] = {14, 3, 3};
static uint64_t seed = 1;

static uint64_t draw(uint64_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 20) % below;
}

struct bytes {
    unsigned char *data;
    size_t count;
};

static struct bytes read_bytes(const char *path) {
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    struct bytes bytes = {.count = (size_t)ftell(in)};
    rewind(in);
    bytes.data = malloc(bytes.count);
    assert_non_null(bytes.data);
    assert_int_equal(fread(bytes.data, 1, bytes.count, in), bytes.count);
    fclose(in);
    return bytes;
}

static void write_bytes(const char *path, struct bytes bytes) {
    static const char *const ends[] = {"-wal", "-shm"};
    for (size_t i = 0; i < 2; i++) {
        char beside[600];
        snprintf(beside, sizeof beside, "%s%s", path, ends[i]);
        unlink(beside);
    }
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes.data, 1, bytes.count, out), bytes.count);
    assert_int_equal(fclose(out), 0);
}

static void damage(struct bytes *bytes, int kind, char text[64]) {
    const uint64_t at = draw(bytes->count);
    if (kind == 0) {
        const unsigned bit = (unsigned)draw(8);
        bytes->data[at] ^= (unsigned char)(1U << bit);
        snprintf(text, 64, "bit %u of byte %llu", bit, (unsigned long long)at);
    } else if (kind == 1) {
        memset(bytes->data + at / SECTOR * SECTOR, 0, SECTOR);
        snprintf(text, 64, "sector %llu zeroed", (unsigned long long)(at / SECTOR));
    } else {
        bytes->count = at;
        snprintf(text, 64, "cut off at %llu", (unsigned long long)at);
    }
}

// The verbs that show results: none may say something else and end with 0.
static const char *const looks[] = {"export @d.db", "pareto @d.db -f csv",
                                    "query @d.db -f csv SELECT~*~FROM~v_energy"};
enum { LOOKS = sizeof looks / sizeof *looks };

// What cannot be repaired is left as it is, to the byte; what is repaired exports what
// was there.
static bool repairs(const char *text, struct bytes damaged, const char *right) {
    struct ran ran = run_program("verify --repair @d.db");
    const bool repaired = ran.status == 0;
    if (ran.signal || (!repaired && !strstr(ran.err, "error: ")))
        fail_msg("%s: --repair ends with %d and says %s", text, ran.status, ran.err);
    free_ran(&ran);
    if (!repaired) {
        const struct bytes now = read_bytes(scratch("d.db"));
        if (now.count != damaged.count ||
            memcmp(now.data, damaged.data, now.count) != 0)
            fail_msg("%s: --repair gave up, and changed the file", text);
        free(now.data);
        return false;
    }
    ran = run_program("verify @d.db");
    if (ran.status != 0)
        fail_msg("%s: repaired, and %s", text, ran.err);
    free_ran(&ran);
    ran = run_program("export @d.db");
    if (ran.status != 0 || strcmp(ran.out, right) != 0)
        fail_msg("%s: repaired to something else", text);
    free_ran(&ran);
    return true;
}

static void damage_is_named_or_harmless(void **state) {
    (void)state;
    struct ran ran = run_program("sweep tests/data/cli/sweep.yaml -o @r.db -q");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    const struct bytes whole = read_bytes(scratch("r.db"));
    char *right[LOOKS];
    write_bytes(scratch("d.db"), whole);
    for (int i = 0; i < LOOKS; i++) {
        ran = run_program(looks[i]);
        assert_int_equal(ran.status, 0);
        right[i] = ran.out;
        free(ran.err);
    }
    static const char *const kinds[] = {"bits flipped", "sectors zeroed", "ends cut"};
    for (int kind = 0; kind < 3; kind++) {
        unsigned long refused = 0, harmless = 0, noticed = 0, repaired = 0;
        for (unsigned long i = 0; i < counts[kind]; i++) {
            char text[64];
            struct bytes bytes = {malloc(whole.count), whole.count};
            assert_non_null(bytes.data);
            memcpy(bytes.data, whole.data, whole.count);
            damage(&bytes, kind, text);
            bool shown = false;
            for (int l = 0; l < (counts[kind] > 20 ? 1 : LOOKS); l++) {
                write_bytes(scratch("d.db"), bytes);
                ran = run_program(looks[l]);
                if (ran.signal || (ran.status == 0 && strcmp(ran.out, right[l]) != 0))
                    fail_msg("%s: %s ends with %d, and shows something else", text,
                             looks[l], ran.signal ? ran.signal : ran.status);
                if (ran.status != 0 && !strstr(ran.err, "error: "))
                    fail_msg("%s: %s says nothing", text, looks[l]);
                shown |= ran.status == 0;
                free_ran(&ran);
            }
            write_bytes(scratch("d.db"), bytes);
            ran = run_program("verify @d.db");
            if (!shown && ran.status == 0)
                fail_msg("%s: verify finds nothing", text);
            noticed += ran.status != 0;
            const bool found = ran.status != 0;
            free_ran(&ran);
            if (found) {
                write_bytes(scratch("d.db"), bytes);
                repaired += repairs(text, bytes, right[0]);
            }
            refused += !shown;
            harmless += shown;
            free(bytes.data);
        }
        printf(
            "## %s: %lu, named %lu, harmless %lu, shown as other data 0; verify names "
            "%lu, repairs %lu\n",
            kinds[kind], counts[kind], refused, harmless, noticed, repaired);
    }
    for (int i = 0; i < LOOKS; i++)
        free(right[i]);
    free(whole.data);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc && i <= 3; i++)
        counts[i - 1] = strtoul(argv[i], NULL, 10);
    if (argc > 4)
        seed = strtoull(argv[4], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_named_or_harmless),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
