// The verbs under fault: what is run, and what must be the same afterwards.
#ifndef SDSE_TESTS_FAULTS_H
#define SDSE_TESTS_FAULTS_H

enum { FAULT_MOST_WORDS = 16 };

// One command line, run in a folder that holds a copy of tests/faults/data, what
// `fault_setup` made, and nothing else.
struct fault_case {
    const char *name;
    const char *words[FAULT_MOST_WORDS]; // after `sdse`; NULL ends
    const char *database; // a sweep's: after a failure the same command continues it
    int exit;             // without a fault
    // What of stdout and of files differs from run to run, an extended regular
    // expression; NULL = nothing.
    const char *varies;
};

extern const struct fault_case fault_cases[];
extern const int fault_case_count;

// Command lines that make what the cases need, in order; rows of words, NULL ends each.
extern const char *const fault_setup[][FAULT_MOST_WORDS];
extern const int fault_setup_count;

#endif
