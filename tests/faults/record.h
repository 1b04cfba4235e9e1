// What preload_record.c writes down, and power.c reads.
#ifndef SDSE_TESTS_FAULTS_RECORD_H
#define SDSE_TESTS_FAULTS_RECORD_H

#include <stdint.h>

enum record_kind {
    RECORD_WRITE,  // `count` bytes at `at`
    RECORD_LENGTH, // cut or grown to `at` bytes
    RECORD_SYNC,   // of a file, or with an empty name of the folder
    RECORD_MAKE,   // a file that was not there
    RECORD_UNLINK,
    RECORD_RENAME, // to another name, the `count` bytes
    RECORD_REPORT, // `count` bytes of stdout
};

// Followed by the name's bytes, and for writes, renames and reports by `count` bytes.
struct record {
    uint32_t kind, name_bytes;
    int64_t at;
    uint64_t count;
};

#endif
