// A browser without a window, driven over the pipe of its DevTools protocol
// (chromium's --remote-debugging-pipe: JSON messages that end with a NUL).
#ifndef SDSE_TESTS_BROWSER_H
#define SDSE_TESTS_BROWSER_H

#include <stdbool.h>
#include <stddef.h>

#include "../cli/support_json.h"

struct browser;

// Starts the first of chromium-headless-shell and chromium that is installed, with one
// page; NULL if none is.
struct browser *browser_start(void);
void browser_end(struct browser *browser);

// Opens a file and waits until its script has run.
void browser_open(struct browser *browser, const char *path, const char *place);

// Calls a method of the protocol with parameters as JSON; the result is freed by the
// caller. The test fails if the browser refuses.
struct json *browser_call(struct browser *browser, const char *method,
                          const char *parameters);

// What an expression of the page's script is; the test fails if it throws.
double browser_number(struct browser *browser, const char *expression);
bool browser_true(struct browser *browser, const char *expression);
// Valid until 8 more are asked for.
const char *browser_text(struct browser *browser, const char *expression);

// As a user's hand does it, at the middle of the first element that a selector finds.
void browser_click(struct browser *browser, const char *selector);
void browser_click_at(struct browser *browser, double x, double y);
void browser_point_at(struct browser *browser, double x, double y);
// A key by its name in events: "ArrowDown", "Enter", "a", "Tab".
void browser_key(struct browser *browser, const char *key);
void browser_type(struct browser *browser, const char *text);

void browser_size(struct browser *browser, unsigned width, unsigned height);
// The preference of the system: light or dark; and whether the page is on paper.
void browser_media(struct browser *browser, bool dark, bool print);
// A PNG of the window.
void browser_picture(struct browser *browser, const char *path);

// What the page's script or the browser complained of since the start, a line each; ""
// if nothing. And what it asked of any network.
const char *browser_complaints(const struct browser *browser);
const char *browser_requests(const struct browser *browser);

#endif
