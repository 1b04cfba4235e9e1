// Models of layers: in a row (Sequential), or by what each call of a layer reads
// (Functional); models within models are written out where they are called.
#include <string.h>

#include "import/tensors/list.h"
#include "import/tfjs/reading.h"

enum { MOST_DEPTH = 16, MOST_CALLS = 1 << 18 };

bool sdse_tfjs_is_model(const char *class_name) {
    return strcmp(class_name, "Sequential") == 0 || strcmp(class_name, "Model") == 0 ||
           strcmp(class_name, "Functional") == 0;
}

static bool wrong(struct tfjs_reader *r, const char *path, const char *what) {
    r->broken = true;
    const char *said =
        sdse_tensors_plain(r->arena, sdse_arena_printf(r->arena, "%s: %s", path, what));
    r->w.failed |= !said;
    if (said)
        sdse_diag_add(r->diags, SDSE_ERROR, (struct sdse_loc){.file = r->file},
                      "tfjs-json", "%s", said);
    return false;
}

// One layer of a list of them.
struct entry {
    const char *class_name, *name, *path;
    json_t *config, *calls;
    size_t first, call_count; // calls are numbered first, first + 1, …
    struct call *call;
};

struct call {
    const struct entry *entry;
    struct tfjs_reference *reads;
    struct tfjs_value **in; // those of the first `ready` references
    size_t read_count, ready;
    bool done;
    size_t count;
    struct tfjs_value *out;
};

struct model {
    struct tfjs_reader *r;
    const char *path, *outer;
    size_t count;
    struct entry *entry;
    size_t call_count;
    struct call *call; // those of all entries
    json_t *place;     // 1 + that of each entry, by name
};

static bool take_entry(struct model *m, json_t *layers, size_t i) {
    struct tfjs_reader *r = m->r;
    struct entry *e = &m->entry[i];
    json_t *layer = json_array_get(layers, i);
    e->path = sdse_arena_printf(r->arena, "%s.layers[%zu]", m->path, i);
    e->class_name = json_string_value(json_object_get(layer, "class_name"));
    e->config = json_object_get(layer, "config");
    e->name = json_string_value(json_object_get(layer, "name"));
    if (!e->name)
        e->name = json_string_value(json_object_get(e->config, "name"));
    if (!e->path) {
        r->w.failed = true;
        return false;
    }
    if (!e->class_name || !e->name || !json_is_object(e->config))
        return wrong(r, e->path, "a layer needs a class_name, a name and a config");
    if (json_object_get(m->place, e->name))
        return wrong(r, e->path, "another layer has this name");
    e->calls = json_object_get(layer, "inbound_nodes");
    e->first = sdse_tfjs_is_model(e->class_name);
    e->call_count = json_array_size(e->calls) ? json_array_size(e->calls) : 1;
    m->call_count += e->call_count;
    r->w.failed |= json_object_set_new_nocheck(m->place, e->name,
                                               json_integer((json_int_t)i + 1)) != 0;
    return !r->w.failed;
}

static bool take_calls(struct model *m) {
    m->call = SDSE_ARENA_ARRAY(m->r->arena, struct call, m->call_count);
    m->r->w.failed |= !m->call;
    struct call *call = m->call;
    for (size_t i = 0; i < m->count && call; i++) {
        m->entry[i].call = call;
        for (size_t c = 0; c < m->entry[i].call_count; c++)
            (call++)->entry = &m->entry[i];
    }
    return m->call != NULL;
}

// All of the list; what is wrong with each is said.
static bool take_entries(struct model *m, json_t *layers) {
    bool good = true;
    m->count = json_array_size(layers);
    if (!m->count)
        return wrong(m->r, m->path, "there is no list of layers");
    m->place = json_object();
    m->entry = SDSE_ARENA_ARRAY(m->r->arena, struct entry, m->count);
    m->r->w.failed |= !m->place || !m->entry;
    for (size_t i = 0; i < m->count && !m->r->w.failed; i++)
        good &= take_entry(m, layers, i);
    return good && !m->r->w.failed && take_calls(m);
}

static bool is_class(const json_t *layer, const char *name) {
    const char *own = json_string_value(json_object_get(layer, "class_name"));
    return own && strcmp(own, name) == 0;
}

static bool is_input(const struct entry *e) {
    return strcmp(e->class_name, "InputLayer") == 0;
}

// The shape that a config gives the layer's input, that of a model its first layer's;
// NULL: none.
static const json_t *input_shape(const json_t *config) {
    static const char *const keys[] = {"batch_input_shape", "batch_shape",
                                       "build_input_shape"};
    for (size_t i = 0; i < 3; i++)
        if (json_is_array(json_object_get(config, keys[i])))
            return json_object_get(config, keys[i]);
    const json_t *layers =
        json_is_array(config) ? config : json_object_get(config, "layers");
    size_t first = 0;
    while (first < json_array_size(layers) &&
           !is_class(json_array_get(layers, first), "InputLayer"))
        first++;
    const json_t *layer =
        json_array_get(layers, first < json_array_size(layers) ? first : 0);
    return layer ? input_shape(json_object_get(layer, "config")) : NULL;
}

// One call of a layer, whatever it is.
static bool run(struct model *m, const struct entry *e, struct call *call,
                struct tfjs_value *const *in, size_t in_count) {
    struct tfjs_reader *r = m->r;
    call->done = true;
    if (++r->calls > MOST_CALLS)
        return wrong(r, e->path,
                     "more than 262144 layers, those of models written out "
                     "at each call");
    if (in_count == 0)
        return wrong(r, e->path, "it reads nothing");
    if (sdse_tfjs_is_model(e->class_name))
        return sdse_tfjs_model(r, e->class_name, e->config, e->path, e->name, in,
                               in_count, &call->out, &call->count);
    struct tfjs_layer l = {.r = r,
                           .class_name = e->class_name,
                           .name = e->name,
                           .path = e->path,
                           .outer = m->outer,
                           .prefix = "",
                           .config = e->config,
                           .in_count = in_count,
                           .in = in};
    if (!sdse_tfjs_layer(&l))
        return false;
    call->count = l.out_count;
    call->out = SDSE_ARENA_ARRAY(r->arena, struct tfjs_value, l.out_count);
    r->w.failed |= !call->out;
    if (call->out)
        memcpy(call->out, l.out, l.out_count * sizeof *call->out);
    return !r->w.failed;
}

// --- In a row ---

static bool run_row(struct model *m, json_t *config, struct tfjs_value *const *in,
                    size_t in_count, struct tfjs_value **out, size_t *out_count) {
    struct tfjs_reader *r = m->r;
    struct tfjs_value *now =
        in_count ? in[0] : SDSE_ARENA_NEW(r->arena, struct tfjs_value);
    size_t first = 0;
    r->w.failed |= !now;
    if (r->w.failed)
        return false;
    if (!in_count) {
        const struct entry *e = &m->entry[0];
        const json_t *shape = input_shape(e->config);
        const char *name =
            is_input(e) ? e->name : sdse_arena_printf(r->arena, "%s_input", e->name);
        if (!shape)
            shape = input_shape(config);
        if (!sdse_tfjs_add_input(r, name, shape, e->path, now))
            return false;
    }
    for (first = is_input(&m->entry[0]); first < m->count; first++) {
        struct call call = {0};
        struct tfjs_value *const read[] = {now};
        if (!run(m, &m->entry[first], &call, read, 1))
            return false;
        now = call.out;
    }
    *out = now;
    *out_count = 1;
    return true;
}

// --- By what is read ---

// The call that a reference means; NULL: there is none, which is reported.
static struct call *call_of(const struct model *m, const struct tfjs_reference *ref,
                            const char *path) {
    const json_int_t place = json_integer_value(json_object_get(m->place, ref->layer));
    const struct entry *e = place > 0 ? &m->entry[place - 1] : NULL;
    if (e && ref->call >= e->first && ref->call - e->first < e->call_count)
        return &e->call[ref->call - e->first];
    wrong(m->r, path,
          sdse_arena_printf(m->r->arena,
                            "it reads '%.100s', call %zu, which is none of the model's "
                            "layers",
                            ref->layer, ref->call));
    return NULL;
}

// What a reference means, of a call that has run; NULL: it has no such output, which is
// reported.
static struct tfjs_value *value_of(const struct model *m,
                                   const struct tfjs_reference *ref,
                                   const struct call *call, const char *path) {
    if (ref->output < call->count)
        return &call->out[ref->output];
    wrong(m->r, path,
          sdse_arena_printf(m->r->arena,
                            "it reads an output of '%.100s' that it does not have",
                            ref->layer));
    return NULL;
}

// Layers count their calls from 0. Models that are layers count them from 1 where Keras
// writes the file: their own making is call 0, which nobody reads.
static void count_from(struct model *m, const struct tfjs_reference *reads,
                       size_t count) {
    for (size_t i = 0; i < count; i++) {
        const json_int_t place =
            json_integer_value(json_object_get(m->place, reads[i].layer));
        if (place > 0 && reads[i].call == 0)
            m->entry[place - 1].first = 0;
    }
}

// What each call reads.
static bool take_reads(struct model *m) {
    struct tfjs_reader *r = m->r;
    for (size_t i = 0; i < m->call_count && !r->w.failed; i++) {
        struct call *call = &m->call[i];
        const struct entry *e = call->entry;
        json_t *list = json_array_get(e->calls, (size_t)(call - e->call));
        r->w.failed |=
            !sdse_tfjs_references(r->arena, list, &call->reads, &call->read_count);
        call->in =
            SDSE_ARENA_ARRAY(r->arena, struct tfjs_value *, call->read_count + 1);
        r->w.failed |= !call->in;
        if (!r->w.failed)
            count_from(m, call->reads, call->read_count);
    }
    return !r->w.failed;
}

static bool waits_for(void *owner, size_t item, size_t *on) {
    struct model *m = owner;
    struct call *call = &m->call[item];
    const char *path = call->entry->path;
    for (; call->ready < call->read_count; call->ready++) {
        const struct tfjs_reference *ref = &call->reads[call->ready];
        const struct call *from = call_of(m, ref, path);
        if (!from)
            return false;
        if (!from->done) {
            *on = (size_t)(from - m->call);
            return true;
        }
        call->in[call->ready] = value_of(m, ref, from, path);
        if (!call->in[call->ready])
            return false;
    }
    return true;
}

static bool run_call(void *owner, size_t item) {
    struct model *m = owner;
    struct call *call = &m->call[item];
    return call->done || run(m, call->entry, call, call->in, call->read_count);
}

static bool refuse_circle(void *owner, size_t item) {
    struct model *m = owner;
    return wrong(m->r, m->call[item].entry->path,
                 "what it reads is never there: layers wait for each other");
}

// The model's inputs: the values given, in their order, or inputs of the graph.
static bool take_inputs(struct model *m, json_t *list, struct tfjs_value *const *in,
                        size_t in_count) {
    struct tfjs_reader *r = m->r;
    struct tfjs_reference *ref;
    size_t count;
    if (!sdse_tfjs_references(r->arena, list, &ref, &count)) {
        r->w.failed = true;
        return false;
    }
    if (in_count && count != in_count)
        return wrong(r, m->path,
                     "it is called with another number of inputs than "
                     "input_layers has");
    for (size_t i = 0; i < m->count; i++) {
        struct entry *e = &m->entry[i];
        if (!is_input(e))
            continue;
        size_t place = 0;
        while (place < count && strcmp(ref[place].layer, e->name) != 0)
            place++;
        e->call[0].done = true;
        e->call[0].count = 1;
        e->call[0].out = SDSE_ARENA_NEW(r->arena, struct tfjs_value);
        r->w.failed |= !e->call[0].out;
        if (r->w.failed)
            return false;
        if (in_count && place == count)
            return wrong(r, e->path, "it is not in input_layers");
        if (in_count)
            e->call[0].out = in[place];
        else if (!sdse_tfjs_add_input(r, e->name, input_shape(e->config), e->path,
                                      e->call[0].out))
            return false;
    }
    return true;
}

static bool run_graph(struct model *m, json_t *config, struct tfjs_value *const *in,
                      size_t in_count, struct tfjs_value **out, size_t *out_count) {
    struct tfjs_reader *r = m->r;
    const struct tfjs_steps steps = {m, m->call_count, waits_for, run_call,
                                     refuse_circle};
    struct tfjs_reference *wanted;
    if (!sdse_tfjs_references(r->arena, json_object_get(config, "output_layers"),
                              &wanted, out_count)) {
        r->w.failed = true;
        return false;
    }
    count_from(m, wanted, *out_count);
    if (!take_inputs(m, json_object_get(config, "input_layers"), in, in_count) ||
        !take_reads(m) || !sdse_tfjs_run_in_order(r, &steps))
        return false;
    if (*out_count == 0)
        return wrong(r, m->path, "output_layers names none");
    *out = SDSE_ARENA_ARRAY(r->arena, struct tfjs_value, *out_count);
    r->w.failed |= !*out;
    for (size_t i = 0; i < *out_count && *out; i++) {
        const struct call *call = call_of(m, &wanted[i], m->path);
        const struct tfjs_value *value =
            call ? value_of(m, &wanted[i], call, m->path) : NULL;
        if (!value)
            return false;
        (*out)[i] = *value;
    }
    return !r->w.failed;
}

bool sdse_tfjs_model(struct tfjs_reader *r, const char *class_name, json_t *config,
                     const char *path, const char *outer, struct tfjs_value *const *in,
                     size_t in_count, struct tfjs_value **out, size_t *out_count) {
    struct model m = {.r = r, .outer = outer};
    const bool row = strcmp(class_name, "Sequential") == 0;
    // Early versions write the list alone.
    json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    m.path = layers == config ? path : sdse_arena_printf(r->arena, "%s.config", path);
    r->w.failed |= !m.path;
    bool good = !r->w.failed;
    if (good && ++r->depth > MOST_DEPTH)
        good = wrong(r, path, "models within models are nested too deep");
    good = good && take_entries(&m, layers) &&
           (row ? run_row(&m, config, in, in_count, out, out_count)
                : run_graph(&m, config, in, in_count, out, out_count));
    r->depth--;
    json_decref(m.place);
    return good;
}
