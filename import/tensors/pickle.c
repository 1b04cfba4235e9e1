#include "import/tensors/pickle.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "import/tensors/list.h"

struct machine {
    const unsigned char *bytes;
    size_t length, at, op_at;
    const char *file, *entry;
    bool (*allowed)(const char *global);
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    enum sdse_status status;
    // NULL on the stack is a mark. Each opcode pushes one value at most, and memory of
    // what is kept is numbered by at most as many.
    struct sdse_pickle_value **stack, **memo;
    size_t depth, kept;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct machine *m,
                                                         const char *format, ...) {
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    m->status = sdse_tensors_refuse(m->diags, m->file, "tensors-pickle",
                                    "%s, byte %zu: %s", m->entry, m->op_at, text);
    return false;
}

static bool out_of_memory(struct machine *m) {
    m->status = SDSE_NO_MEMORY;
    return false;
}

// --- Bytes ---

static const unsigned char *take(struct machine *m, size_t count) {
    if (count > m->length - m->at) {
        refuse(m, "it is cut off");
        return NULL;
    }
    m->at += count;
    return m->bytes + m->at - count;
}

static bool take_number(struct machine *m, unsigned size, uint64_t *out) {
    const unsigned char *bytes = take(m, size);
    *out = 0;
    for (unsigned i = size; bytes && i-- > 0;)
        *out = *out << 8 | bytes[i];
    return bytes != NULL;
}

// Up to the end of the line, without it.
static const char *take_line(struct machine *m) {
    const unsigned char *start = m->bytes + m->at;
    const unsigned char *end =
        m->at < m->length ? memchr(start, '\n', m->length - m->at) : NULL;
    if (!end) {
        refuse(m, "it is cut off");
        return NULL;
    }
    m->at += (size_t)(end - start) + 1;
    const char *line =
        sdse_arena_copy(m->arena, (const char *)start, (size_t)(end - start));
    if (!line)
        out_of_memory(m);
    return line;
}

// --- Values ---

static struct sdse_pickle_value *make(struct machine *m, enum sdse_pickle_kind kind) {
    struct sdse_pickle_value *value =
        SDSE_ARENA_NEW(m->arena, struct sdse_pickle_value);
    if (value)
        value->kind = kind;
    else
        out_of_memory(m);
    return value;
}

static bool push(struct machine *m, struct sdse_pickle_value *value) {
    if (!value)
        return false;
    m->stack[m->depth++] = value;
    return true;
}

static struct sdse_pickle_value *pop(struct machine *m) {
    if (m->depth > 0 && m->stack[m->depth - 1])
        return m->stack[--m->depth];
    refuse(m, "it takes what is not there");
    return NULL;
}

static bool append(struct machine *m, struct sdse_pickle_value *list,
                   struct sdse_pickle_value *const *items, size_t count) {
    if (count > list->room - list->count) {
        const size_t room = 2 * list->count + count;
        struct sdse_pickle_value **wider =
            SDSE_ARENA_ARRAY(m->arena, struct sdse_pickle_value *, room);
        if (!wider)
            return out_of_memory(m);
        if (list->count)
            memcpy(wider, list->item, list->count * sizeof *wider);
        list->item = wider;
        list->room = room;
    }
    if (count)
        memcpy(list->item + list->count, items, count * sizeof *items);
    list->count += count;
    return true;
}

// What is above the last mark: its place; the mark is taken.
static bool to_mark(struct machine *m, size_t *from, size_t *count) {
    size_t at = m->depth;
    while (at > 0 && m->stack[at - 1])
        at--;
    if (at == 0)
        return refuse(m, "it takes what is not there");
    *from = at;
    *count = m->depth - at;
    m->depth = at - 1;
    return true;
}

static bool push_tuple(struct machine *m, size_t from, size_t count) {
    struct sdse_pickle_value *tuple = make(m, SDSE_PICKLE_TUPLE);
    return tuple && append(m, tuple, m->stack + from, count) && push(m, tuple);
}

static bool push_few(struct machine *m, size_t count) {
    for (size_t i = 1; i <= count; i++)
        if (m->depth < i || !m->stack[m->depth - i])
            return refuse(m, "it takes what is not there");
    m->depth -= count;
    return push_tuple(m, m->depth, count);
}

static bool push_integer(struct machine *m, enum sdse_pickle_kind kind,
                         int64_t integer) {
    struct sdse_pickle_value *value = make(m, kind);
    if (value)
        value->integer = integer;
    return push(m, value);
}

static bool push_text(struct machine *m, unsigned size) {
    uint64_t length;
    if (!take_number(m, size, &length))
        return false;
    if (length > m->length)
        return refuse(m, "it is cut off");
    const unsigned char *bytes = take(m, (size_t)length);
    struct sdse_pickle_value *value = bytes ? make(m, SDSE_PICKLE_TEXT) : NULL;
    if (!value)
        return false;
    value->text = sdse_arena_copy(m->arena, (const char *)bytes, (size_t)length);
    return value->text ? push(m, value) : out_of_memory(m);
}

// A whole number of `length` bytes, two's complement.
static bool push_long(struct machine *m, uint64_t length) {
    uint64_t bits;
    if (length > 8)
        return refuse(m, "a whole number of more than 64 bits");
    if (!take_number(m, (unsigned)length, &bits))
        return false;
    if (length > 0 && length < 8 && bits >> (8 * length - 1) & 1)
        bits |= UINT64_MAX << 8 * length;
    return push_integer(m, SDSE_PICKLE_INTEGER, (int64_t)bits);
}

static bool push_real(struct machine *m) {
    const unsigned char *bytes = take(m, 8);
    struct sdse_pickle_value *value = bytes ? make(m, SDSE_PICKLE_REAL) : NULL;
    uint64_t bits = 0;
    for (unsigned i = 0; bytes && i < 8; i++)
        bits = bits << 8 | bytes[i];
    if (value)
        memcpy(&value->real, &bits, sizeof bits);
    return push(m, value);
}

// --- Names and calls ---

static bool push_global(struct machine *m, const char *module, const char *name) {
    const char *global =
        module && name ? sdse_arena_printf(m->arena, "%s %s", module, name) : NULL;
    struct sdse_pickle_value *value = global ? make(m, SDSE_PICKLE_GLOBAL) : NULL;
    if (!value)
        return m->status == SDSE_OK ? out_of_memory(m) : false;
    if (!m->allowed(global))
        return refuse(m,
                      "it names %.100s.%.100s: a class or a function of a program, "
                      "which is not run. Save a state_dict() of tensors alone",
                      module, name);
    value->text = global;
    return push(m, value);
}

static bool read_global(struct machine *m) {
    const char *module = take_line(m);
    const char *name = module ? take_line(m) : NULL;
    return name && push_global(m, module, name);
}

static bool stack_global(struct machine *m) {
    const struct sdse_pickle_value *name = pop(m), *module = name ? pop(m) : NULL;
    if (!module)
        return false;
    if (name->kind != SDSE_PICKLE_TEXT || module->kind != SDSE_PICKLE_TEXT)
        return refuse(m, "a name that is no text");
    return push_global(m, module->text, name->text);
}

static bool call(struct machine *m) {
    struct sdse_pickle_value *pair[2];
    pair[1] = pop(m);
    pair[0] = pair[1] ? pop(m) : NULL;
    if (!pair[0])
        return false;
    if (pair[0]->kind != SDSE_PICKLE_GLOBAL || pair[1]->kind != SDSE_PICKLE_TUPLE)
        return refuse(m, "a call of something that is no function");
    if (strcmp(pair[0]->text, "collections OrderedDict") == 0 && pair[1]->count == 0)
        return push(m, make(m, SDSE_PICKLE_DICT));
    struct sdse_pickle_value *value = make(m, SDSE_PICKLE_CALL);
    return value && append(m, value, pair, 2) && push(m, value);
}

static bool outside(struct machine *m) {
    struct sdse_pickle_value *id = pop(m);
    struct sdse_pickle_value *value = id ? make(m, SDSE_PICKLE_OUTSIDE) : NULL;
    return value && append(m, value, &id, 1) && push(m, value);
}

// The attributes of a dictionary (_metadata of a state_dict) are dropped.
static bool build(struct machine *m) {
    const struct sdse_pickle_value *state = pop(m);
    if (!state)
        return false;
    if (m->depth == 0 || !m->stack[m->depth - 1] ||
        m->stack[m->depth - 1]->kind != SDSE_PICKLE_DICT)
        return refuse(m, "it sets the attributes of an object");
    return true;
}

// --- Containers ---

static bool set_items(struct machine *m, size_t from, size_t count) {
    struct sdse_pickle_value *dict = m->depth > 0 ? m->stack[m->depth - 1] : NULL;
    if (!dict || dict->kind != SDSE_PICKLE_DICT || count % 2)
        return refuse(m, "it sets items of something that is no dictionary");
    return append(m, dict, m->stack + from, count);
}

static bool append_items(struct machine *m, size_t from, size_t count) {
    struct sdse_pickle_value *list = m->depth > 0 ? m->stack[m->depth - 1] : NULL;
    if (!list || list->kind != SDSE_PICKLE_LIST)
        return refuse(m, "it appends to something that is no list");
    return append(m, list, m->stack + from, count);
}

static bool few_items(struct machine *m, size_t count,
                      bool (*put)(struct machine *, size_t, size_t)) {
    for (size_t i = 1; i <= count; i++)
        if (m->depth < i || !m->stack[m->depth - i])
            return refuse(m, "it takes what is not there");
    m->depth -= count;
    return put(m, m->depth, count);
}

static bool marked_items(struct machine *m,
                         bool (*put)(struct machine *, size_t, size_t)) {
    size_t from, count;
    return to_mark(m, &from, &count) && put(m, from, count);
}

// --- What is kept ---

static bool keep(struct machine *m, uint64_t number) {
    if (m->depth == 0 || !m->stack[m->depth - 1])
        return refuse(m, "it keeps what is not there");
    if (number >= m->length)
        return refuse(m, "it keeps more values than it makes");
    m->memo[number] = m->stack[m->depth - 1];
    m->kept++;
    return true;
}

static bool keep_as(struct machine *m, unsigned size) {
    uint64_t number;
    return take_number(m, size, &number) && keep(m, number);
}

static bool get_kept(struct machine *m, unsigned size) {
    uint64_t number;
    if (!take_number(m, size, &number))
        return false;
    if (number >= m->length || !m->memo[number])
        return refuse(m, "it takes what was not kept");
    return push(m, m->memo[number]);
}

// --- Opcodes ---

static bool take_protocol(struct machine *m) {
    uint64_t protocol;
    if (!take_number(m, 1, &protocol))
        return false;
    return (protocol >= 2 && protocol <= 5) ||
           refuse(m, "protocol %u where 2 to 5 are known", (unsigned)protocol);
}

static bool take_int(struct machine *m, unsigned size, bool is_signed) {
    uint64_t number;
    return take_number(m, size, &number) &&
           push_integer(m, SDSE_PICKLE_INTEGER,
                        is_signed ? (int32_t)(uint32_t)number : (int64_t)number);
}

static bool take_long(struct machine *m, unsigned size) {
    uint64_t length;
    return take_number(m, size, &length) && push_long(m, length);
}

static bool push_marked_tuple(struct machine *m) {
    size_t from, count;
    return to_mark(m, &from, &count) && push_tuple(m, from, count);
}

static bool step(struct machine *m, unsigned op) {
    uint64_t ignored;
    switch (op) {
    case 0x80: // PROTO
        return take_protocol(m);
    case 0x95: // FRAME
        return take_number(m, 8, &ignored);
    case '(': // MARK
        m->stack[m->depth++] = NULL;
        return true;
    case ')': // EMPTY_TUPLE
        return push(m, make(m, SDSE_PICKLE_TUPLE));
    case ']': // EMPTY_LIST
        return push(m, make(m, SDSE_PICKLE_LIST));
    case '}': // EMPTY_DICT
        return push(m, make(m, SDSE_PICKLE_DICT));
    case 'N': // NONE
        return push(m, make(m, SDSE_PICKLE_NONE));
    case 0x88: // NEWTRUE
    case 0x89: // NEWFALSE
        return push_integer(m, SDSE_PICKLE_BOOL, op == 0x88);
    case 'J': // BININT
        return take_int(m, 4, true);
    case 'K': // BININT1
        return take_int(m, 1, false);
    case 'M': // BININT2
        return take_int(m, 2, false);
    case 0x8a: // LONG1
        return take_long(m, 1);
    case 0x8b: // LONG4
        return take_long(m, 4);
    case 'G': // BINFLOAT
        return push_real(m);
    case 0x8c: // SHORT_BINUNICODE
        return push_text(m, 1);
    case 'X': // BINUNICODE
        return push_text(m, 4);
    case 0x8d: // BINUNICODE8
        return push_text(m, 8);
    case 't': // TUPLE
        return push_marked_tuple(m);
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
        return push_few(m, op - 0x84);
    case 's': // SETITEM
        return few_items(m, 2, set_items);
    case 'u': // SETITEMS
        return marked_items(m, set_items);
    case 'a': // APPEND
        return few_items(m, 1, append_items);
    case 'e': // APPENDS
        return marked_items(m, append_items);
    case 'q': // BINPUT
        return keep_as(m, 1);
    case 'r': // LONG_BINPUT
        return keep_as(m, 4);
    case 0x94: // MEMOIZE
        return keep(m, m->kept);
    case 'h': // BINGET
        return get_kept(m, 1);
    case 'j': // LONG_BINGET
        return get_kept(m, 4);
    case 'c': // GLOBAL
        return read_global(m);
    case 0x93: // STACK_GLOBAL
        return stack_global(m);
    case 'R': // REDUCE
        return call(m);
    case 'b': // BUILD
        return build(m);
    case 'Q': // BINPERSID
        return outside(m);
    default:
        return refuse(m,
                      "opcode 0x%02x%s%c%s: a state_dict of tensors alone needs none",
                      op, isprint((int)op) ? " '" : "",
                      isprint((int)op) ? (int)op : ' ', isprint((int)op) ? "'" : "");
    }
}

static bool run(struct machine *m) {
    while (m->at < m->length) {
        m->op_at = m->at;
        const unsigned op = m->bytes[m->at++];
        if (op == '.') // STOP
            return m->depth == 1 && m->stack[0]
                       ? true
                       : refuse(m, "it ends without its value");
        if (!step(m, op))
            return false;
    }
    m->op_at = m->at;
    return refuse(m, "it is cut off");
}

enum sdse_status sdse_pickle_read(const unsigned char *bytes, size_t length,
                                  const char *file, const char *entry,
                                  bool (*allowed)(const char *global),
                                  struct sdse_arena *arena,
                                  const struct sdse_pickle_value **out,
                                  struct sdse_diags *diags) {
    struct machine m = {.bytes = bytes,
                        .length = length,
                        .file = file,
                        .entry = entry,
                        .allowed = allowed,
                        .arena = arena,
                        .diags = diags};
    m.stack = calloc(length + 1, sizeof(struct sdse_pickle_value *));
    m.memo = calloc(length + 1, sizeof(struct sdse_pickle_value *));
    if (!m.stack || !m.memo)
        m.status = SDSE_NO_MEMORY;
    else if (run(&m))
        *out = m.stack[0];
    free(m.stack);
    free(m.memo);
    return m.status;
}
