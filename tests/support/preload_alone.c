// Preloaded into tests that are labelled `alone`, and into what they run: ends a process
// that starts a thread, so that the label, which keeps a test from being run under TSan,
// stays true.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*run)(void *), void *argument) {
    (void)thread, (void)attributes, (void)run, (void)argument;
    fputs("a test labelled `alone` (tests/CMakeLists.txt) started a thread\n", stderr);
    abort();
}
