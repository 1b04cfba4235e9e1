// One command line with one fault, and the judgement.
#ifndef SDSE_TESTS_FAULTS_TRIAL_H
#define SDSE_TESTS_FAULTS_TRIAL_H

#include "faults.h"
#include "files.h"
#include "run.h"

enum { FAULT_BYTES = 64, STACK_BYTES = 16 };

// What a job works on: a case, its answer without a fault, and where.
struct trial {
    const struct fault_case *one;
    const char *work;      // folder of the job
    char want[PATH_BYTES]; // folder with the files as they should become
    struct ran answer;     // without a fault
    struct bytes exported; // of the database, without a fault
    struct bytes stored;   // the same, before; NULL = there is none yet
    char fault[FAULT_BYTES];
    const char *stack; // of the call that is to fail; NULL: any
    struct ran ran;
    bool killed;  // the fault is to end the program
    bool changed; // files of the work folder are no longer those of start/
    bool wrong;
    long strays; // faults that met another stack than the listed one
};

// Runs the case with one fault, and judges. True if all is well.
bool run_trial(struct trial *trial);

// Blanks what differs from run to run.
void blank(const char *pattern, struct bytes bytes);

// What `sdse export` says of a database; `ran` without its texts.
struct bytes export_of(const char *folder, const char *database, struct ran *ran);

#endif
