// What sdse verify computes again of a stored file, without its digests.
#ifndef SDSE_TESTS_CLI_AGAIN_H
#define SDSE_TESTS_CLI_AGAIN_H

// Of a file that may be damaged (support_swept.h): scores of layers, nests and copies,
// then nests of configurations, then places. check NULL: all is as it was; else the
// first that fires, or, with `said`, one that says that.
void says_again(const char *database, const char *check, const char *said);
void compute_again(const char *database, const char *check); // whatever it says

// A copy of a file, "damaged", changed by SQL; and that verify finds it damaged, and
// repairs it to what the file was, as `export` says it.
void damage_copy(const char *database, const char *sql);
void repair_damaged(const char *database);

#endif
