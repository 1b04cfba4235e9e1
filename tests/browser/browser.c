#include "browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 60000, TEXTS = 8 };

struct browser {
    pid_t pid;
    int to, from;
    unsigned calls;
    char session[80];
    char *message; // that is being read
    size_t length, room;
    char complaints[4096], requests[4096];
    char *text[TEXTS];
    unsigned texts;
};

// ---- the process ----

static const char *const programs[] = {"/usr/bin/chromium-headless-shell",
                                       "/usr/bin/chromium"};

static void become(const char *program, int input, int output) {
    // Inherited as descriptors 3 and 4, which the browser reads and writes.
    const int in = fcntl(input, F_DUPFD, 10), out = fcntl(output, F_DUPFD, 10);
    const int null = open("/dev/null", O_RDWR);
    dup2(in, 3);
    dup2(out, 4);
    dup2(null, 1);
    dup2(null, 2);
    // Files of our own are read: no sandbox is needed, and in containers there is none.
    execl(program, program, "--headless", "--no-sandbox", "--disable-gpu",
          "--remote-debugging-pipe", "--hide-scrollbars", (char *)NULL);
    _exit(127);
}

struct browser *browser_start(void) {
    const char *program = NULL;
    for (size_t i = 0; !program && i < sizeof programs / sizeof *programs; i++)
        if (access(programs[i], X_OK) == 0)
            program = programs[i];
    if (!program)
        return NULL;
    int to[2], from[2];
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    struct browser *browser = calloc(1, sizeof *browser);
    assert_non_null(browser);
    browser->pid = fork();
    if (browser->pid == 0)
        become(program, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    browser->to = to[1];
    browser->from = from[0];
    struct json *made =
        browser_call(browser, "Target.createTarget", "{\"url\":\"about:blank\"}");
    char parameters[160];
    snprintf(parameters, sizeof parameters, "{\"targetId\":\"%s\",\"flatten\":true}",
             json_text(json_get(made, "targetId")));
    struct json *attached = browser_call(browser, "Target.attachToTarget", parameters);
    snprintf(browser->session, sizeof browser->session, "%s",
             json_text(json_get(attached, "sessionId")));
    json_free(made);
    json_free(attached);
    static const char *const domains[] = {"Page.enable", "Runtime.enable", "Log.enable",
                                          "Network.enable"};
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        json_free(browser_call(browser, domains[i], "{}"));
    return browser;
}

void browser_end(struct browser *browser) {
    if (!browser)
        return;
    close(browser->to);
    close(browser->from);
    kill(browser->pid, SIGKILL);
    waitpid(browser->pid, NULL, 0);
    for (size_t i = 0; i < TEXTS; i++)
        free(browser->text[i]);
    free(browser->message);
    free(browser);
}

// ---- messages ----

static void read_more(struct browser *browser) {
    struct pollfd ready = {.fd = browser->from, .events = POLLIN};
    if (poll(&ready, 1, WAIT_MS) <= 0)
        fail_msg("the browser does not answer");
    if (browser->room - browser->length < 65536) {
        browser->room = 2 * browser->room + 131072;
        browser->message = realloc(browser->message, browser->room);
        assert_non_null(browser->message);
    }
    const ssize_t count =
        read(browser->from, browser->message + browser->length, 65536);
    if (count <= 0)
        fail_msg("the browser has ended");
    browser->length += (size_t)count;
}

static void append(char *list, const char *what) {
    const size_t length = strlen(list);
    snprintf(list + length, 4096 - length, "%.300s\n", what);
}

// Keeps what a page complains of or asks for.
static void take_event(struct browser *browser, const char *message) {
    static const char *const complaints[] = {
        "\"method\":\"Runtime.exceptionThrown\"", "\"method\":\"Log.entryAdded\"",
        "\"method\":\"Runtime.consoleAPICalled\"",
        "\"method\":\"Page.javascriptDialogOpening\""};
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++)
        if (strstr(message, complaints[i]))
            append(browser->complaints, message);
    if (!strstr(message, "\"method\":\"Network.requestWillBeSent\""))
        return;
    struct json *json = json_read(message);
    const char *url =
        json_text(json_get(json_get(json_get(json, "params"), "request"), "url"));
    if (strncmp(url, "file:///", 8) != 0 || !strstr(url, ".html"))
        append(browser->requests, url);
    json_free(json);
}

// The next message, which stands until another is asked for.
static struct json *answer(struct browser *browser, unsigned call) {
    char id[24];
    snprintf(id, sizeof id, "{\"id\":%u,", call);
    for (;;) {
        const char *end =
            browser->length ? memchr(browser->message, '\0', browser->length) : NULL;
        if (!end) {
            read_more(browser);
            continue;
        }
        const size_t taken = (size_t)(end - browser->message) + 1;
        struct json *json = NULL;
        if (strncmp(browser->message, id, strlen(id)) == 0)
            json = json_read(browser->message);
        else
            take_event(browser, browser->message);
        browser->length -= taken;
        memmove(browser->message, browser->message + taken, browser->length);
        if (json)
            return json;
    }
}

struct json *browser_call(struct browser *browser, const char *method,
                          const char *parameters) {
    const unsigned call = ++browser->calls;
    const size_t room = strlen(parameters) + 300;
    char *message = malloc(room);
    assert_non_null(message);
    int length = snprintf(message, room, "{\"id\":%u,\"method\":\"%s\",\"params\":%s",
                          call, method, parameters);
    if (*browser->session)
        length += snprintf(message + length, room - (size_t)length,
                           ",\"sessionId\":\"%s\"", browser->session);
    message[length++] = '}';
    message[length++] = '\0';
    for (ssize_t sent = 0; sent < length;) {
        const ssize_t count =
            write(browser->to, message + sent, (size_t)(length - sent));
        assert_true(count > 0);
        sent += count;
    }
    free(message);
    struct json *json = answer(browser, call);
    const struct json *error = json_find(json, "error");
    if (error)
        fail_msg("%s: %s", method, json_text(json_get(error, "message")));
    // The result outlives what it came in.
    struct json *result = (struct json *)(uintptr_t)json_get(json, "result");
    struct json *own = malloc(sizeof *own);
    assert_non_null(own);
    *own = *result;
    *result = (struct json){.kind = JSON_NULL};
    json_free(json);
    return own;
}

// ---- the page's script ----

// A text as JSON; freed by the caller.
static char *quote(const char *text) {
    char *quoted = malloc(6 * strlen(text) + 3), *to = quoted;
    assert_non_null(quoted);
    *to++ = '"';
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
            to += sprintf(to, "\\u%04x", (unsigned)(unsigned char)*text);
        else
            *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return quoted;
}

static struct json *evaluate(struct browser *browser, const char *expression) {
    char *quoted = quote(expression);
    char *parameters = malloc(strlen(quoted) + 100);
    assert_non_null(parameters);
    sprintf(parameters,
            "{\"expression\":%s,\"returnByValue\":true,\"awaitPromise\":true}", quoted);
    struct json *result = browser_call(browser, "Runtime.evaluate", parameters);
    const struct json *thrown = json_find(result, "exceptionDetails");
    if (thrown)
        fail_msg("%s: %s", expression,
                 json_text(json_get(json_get(thrown, "exception"), "description")));
    free(quoted);
    free(parameters);
    return result;
}

double browser_number(struct browser *browser, const char *expression) {
    struct json *result = evaluate(browser, expression);
    const struct json *value = json_find(json_get(result, "result"), "value");
    if (!value || value->kind != JSON_NUMBER)
        fail_msg("%s is no number", expression);
    const double number = json_number(value);
    json_free(result);
    return number;
}

bool browser_true(struct browser *browser, const char *expression) {
    struct json *result = evaluate(browser, expression);
    const struct json *value = json_find(json_get(result, "result"), "value");
    if (!value || (value->kind != JSON_TRUE && value->kind != JSON_FALSE))
        fail_msg("%s is neither true nor false", expression);
    const bool is = value->kind == JSON_TRUE;
    json_free(result);
    return is;
}

const char *browser_text(struct browser *browser, const char *expression) {
    struct json *result = evaluate(browser, expression);
    const struct json *value = json_find(json_get(result, "result"), "value");
    if (!value || value->kind != JSON_TEXT)
        fail_msg("%s is no text", expression);
    char **place = &browser->text[browser->texts++ % TEXTS];
    free(*place);
    *place = strdup(value->text);
    json_free(result);
    return *place;
}

void browser_open(struct browser *browser, const char *path, const char *place) {
    char parameters[700];
    // By way of an empty page: another place in the same page would not load it anew.
    json_free(browser_call(browser, "Page.navigate", "{\"url\":\"about:blank\"}"));
    snprintf(parameters, sizeof parameters, "{\"url\":\"file://%s%s\"}", path, place);
    json_free(browser_call(browser, "Page.navigate", parameters));
    for (int i = 0; i < 600; i++) {
        if (browser_true(browser, "document.documentElement?.dataset.ready === 'yes'"))
            return;
        poll(NULL, 0, 50);
    }
    fail_msg("%s is not ready: %s", path, browser->complaints);
}

// ---- hands ----

static void mouse(struct browser *browser, const char *type, double x, double y,
                  const char *more) {
    char parameters[200];
    snprintf(parameters, sizeof parameters, "{\"type\":\"%s\",\"x\":%.2f,\"y\":%.2f%s}",
             type, x, y, more);
    json_free(browser_call(browser, "Input.dispatchMouseEvent", parameters));
}

void browser_point_at(struct browser *browser, double x, double y) {
    mouse(browser, "mouseMoved", x, y, "");
}

void browser_click_at(struct browser *browser, double x, double y) {
    static const char button[] = ",\"button\":\"left\",\"clickCount\":1";
    browser_point_at(browser, x, y);
    mouse(browser, "mousePressed", x, y, button);
    mouse(browser, "mouseReleased", x, y, button);
}

void browser_click(struct browser *browser, const char *selector) {
    char *quoted = quote(selector);
    char expression[600];
    snprintf(expression, sizeof expression,
             "(() => { const e = document.querySelector(%s); if (!e) throw new "
             "Error('nothing "
             "there'); e.scrollIntoView({block: 'center'}); window.box = "
             "e.getBoundingClientRect(); return box.x + box.width / 2; })()",
             quoted);
    free(quoted);
    const double x = browser_number(browser, expression);
    browser_click_at(browser, x, browser_number(browser, "box.y + box.height / 2"));
}

void browser_key(struct browser *browser, const char *key) {
    static const struct {
        const char *name;
        int code;
        const char *text;
    } keys[] = {{"Enter", 13, "\\r"},  {"Tab", 9, ""},      {"Escape", 27, ""},
                {"ArrowLeft", 37, ""}, {"ArrowUp", 38, ""}, {"ArrowRight", 39, ""},
                {"ArrowDown", 40, ""}, {"Home", 36, ""},    {"End", 35, ""},
                {"PageDown", 34, ""},  {"PageUp", 33, ""}};
    int code = key[0] - 'a' + 'A';
    const char *text = key;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].name, key) != 0)
            continue;
        code = keys[i].code;
        text = keys[i].text;
    }
    char parameters[300];
    snprintf(parameters, sizeof parameters,
             "{\"type\":\"keyDown\",\"key\":\"%s\",\"text\":\"%s\","
             "\"windowsVirtualKeyCode\":%d}",
             key, text, code);
    json_free(browser_call(browser, "Input.dispatchKeyEvent", parameters));
    snprintf(parameters, sizeof parameters,
             "{\"type\":\"keyUp\",\"key\":\"%s\",\"windowsVirtualKeyCode\":%d}", key,
             code);
    json_free(browser_call(browser, "Input.dispatchKeyEvent", parameters));
}

void browser_type(struct browser *browser, const char *text) {
    char *quoted = quote(text);
    char parameters[300];
    snprintf(parameters, sizeof parameters, "{\"text\":%s}", quoted);
    json_free(browser_call(browser, "Input.insertText", parameters));
    free(quoted);
}

// ---- looks ----

void browser_size(struct browser *browser, unsigned width, unsigned height) {
    char parameters[160];
    snprintf(parameters, sizeof parameters,
             "{\"width\":%u,\"height\":%u,\"deviceScaleFactor\":1,\"mobile\":false}",
             width, height);
    json_free(browser_call(browser, "Emulation.setDeviceMetricsOverride", parameters));
}

void browser_media(struct browser *browser, bool dark, bool print) {
    char parameters[160];
    snprintf(parameters, sizeof parameters,
             "{\"media\":\"%s\",\"features\":[{\"name\":\"prefers-color-scheme\","
             "\"value\":\"%s\"}]}",
             print ? "print" : "", dark ? "dark" : "light");
    json_free(browser_call(browser, "Emulation.setEmulatedMedia", parameters));
}

static int digit_of(char byte) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, byte);
    return at && byte ? (int)(at - digits) : -1;
}

void browser_picture(struct browser *browser, const char *path) {
    struct json *result =
        browser_call(browser, "Page.captureScreenshot", "{\"format\":\"png\"}");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    unsigned bits = 0, count = 0;
    for (const char *text = json_text(json_get(result, "data")); digit_of(*text) >= 0;
         text++) {
        bits = bits << 6 | (unsigned)digit_of(*text);
        count += 6;
        if (count >= 8) {
            count -= 8;
            fputc((int)(bits >> count & 0xff), file);
        }
    }
    assert_int_equal(fclose(file), 0);
    json_free(result);
}

const char *browser_complaints(const struct browser *browser) {
    return browser->complaints;
}

const char *browser_requests(const struct browser *browser) {
    return browser->requests;
}
