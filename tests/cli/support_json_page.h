// docs/json.md as the tests read it: the keys of every schema, with type and unit.
#ifndef SDSE_TESTS_CLI_JSON_PAGE_H
#define SDSE_TESTS_CLI_JSON_PAGE_H

#include "support_json.h"

// Reads the page; the test fails where a row of it is none, or where a unit is not that
// of its key's ending.
void json_page_read(void);
// Both: enters the scratch folder and reads the page, before the first test.
int json_page_enter(void **state);

// The object names a schema of the page, every key of it is there with its type, and a
// null only where the page allows one. What was seen is kept.
void json_page_check(const struct json *json, const char *line);

// Every schema and key of the page has been seen.
void json_page_all_seen(void);

#endif
