#include "spec/checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sdse_check_report(struct sdse_subject *subject, struct sdse_loc loc,
                       const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    sdse_diag_add(subject->diags, subject->check->severity, loc, subject->check->name,
                  "%s", message);
}

static bool fired_since(const struct sdse_diags *diags, const struct sdse_diag *since,
                        const char *name) {
    const struct sdse_diag *diag = since ? since->next : diags->first;
    for (; diag; diag = diag->next)
        if (diag->check && strcmp(diag->check, name) == 0)
            return true;
    return false;
}

static bool may_run(const struct sdse_check *check, const struct sdse_diags *diags,
                    const struct sdse_diag *since) {
    for (size_t i = 0; i < sizeof check->needs / sizeof *check->needs; i++)
        if (check->needs[i] && fired_since(diags, since, check->needs[i]))
            return false;
    return true;
}

void sdse_checks_run(struct sdse_subject *subject, enum sdse_check_kind kind,
                     const struct sdse_diag *since) {
    size_t count;
    const struct sdse_check *table = sdse_check_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_check *check = &table[i];
        if (check->kind != kind || !check->run ||
            !may_run(check, subject->diags, since))
            continue;
        subject->check = check;
        check->run(subject);
    }
}
