// Private to spec/: the functions of the check table.
#ifndef SDSE_SPEC_CHECK_LIST_H
#define SDSE_SPEC_CHECK_LIST_H

#include "spec/checks.h"

// X(name, KIND, SEVERITY, NEEDS(...), function, what)
#define SDSE_NEEDS(...) \
    { __VA_ARGS__ }

#define SDSE_ARCH_CHECKS(X)                                                            \
    X("levels-present", ERROR, SDSE_NEEDS(NULL), levels_present, "no level at all")    \
    X("duplicate-name", ERROR, SDSE_NEEDS(NULL), arch_names,                           \
      "two levels or memories of one name")                                            \
    X("clock-positive", ERROR, SDSE_NEEDS(NULL), clock_positive,                       \
      "a clock that is not above 0 or absurd")                                         \
    X("node-positive", ERROR, SDSE_NEEDS(NULL), node_positive,                         \
      "a technology node that is not above 0 or absurd")                               \
    X("partial-bits", ERROR, SDSE_NEEDS(NULL), partial_bits,                           \
      "partial sums narrower than outputs, or of a memory without outputs")            \
    X("bits-unkept", ERROR, SDSE_NEEDS(NULL), bits_unkept,                             \
      "`bits` of a tensor of which a memory keeps no words")                           \
    X("capacity-once", ERROR, SDSE_NEEDS(NULL), capacity_once,                         \
      "a capacity in two units")                                                       \
    X("width-twice", ERROR, SDSE_NEEDS(NULL), width_twice,                             \
      "`port_bits` beside `width_bits`")                                               \
    X("access-divides", ERROR, SDSE_NEEDS("width-twice"), access_divides,              \
      "`access_bits` and `port_bits` of which neither is a multiple of the other")     \
    X("capacity-words", ERROR, SDSE_NEEDS("capacity-once"), capacity_words,            \
      "a capacity in words of memories whose tensors differ in width")                 \
    X("capacity-missing", ERROR, SDSE_NEEDS("unit-suffix"), capacity_missing,          \
      "an on-chip memory without capacity")                                            \
    X("capacity-positive", ERROR, SDSE_NEEDS("capacity-once", "capacity-words"),       \
      capacity_positive, "a capacity that is not above 0")                             \
    X("capacity-whole", ERROR, SDSE_NEEDS("capacity-positive"), capacity_whole,        \
      "a capacity that is not a whole number of bits, or absurd")                      \
    X("capacity-word", ERROR,                                                          \
      SDSE_NEEDS("capacity-positive", "capacity-once", "capacity-words",               \
                 "capacity-whole"),                                                    \
      capacity_word, "a memory too small for one word of what it keeps")               \
    X("macro-divides", ERROR, SDSE_NEEDS("capacity-positive", "capacity-whole"),       \
      macro_divides, "banks x macro is not the capacity")                              \
    X("bandwidth-positive", ERROR, SDSE_NEEDS(NULL), bandwidth_positive,               \
      "a bandwidth that is not above 0")                                               \
    X("port-tensor", ERROR, SDSE_NEEDS("keeps-something"), port_tensor,                \
      "a port of a tensor that the memory does not keep")                              \
    X("keeps-something", ERROR, SDSE_NEEDS(NULL), keeps_something,                     \
      "a memory that keeps nothing")                                                   \
    X("tensor-kept", ERROR, SDSE_NEEDS("levels-present", "level-empty"), tensor_kept,  \
      "a tensor that no level keeps")                                                  \
    X("outermost-keeps-all", ERROR,                                                    \
      SDSE_NEEDS("levels-present", "level-empty", "tensor-kept"), outermost_keeps_all, \
      "an outermost level that lacks a tensor")                                        \
    X("bypass-kept", ERROR, SDSE_NEEDS("keeps-something"), bypass_kept,                \
      "a memory that may leave out what it does not keep, or the outermost")           \
    X("part-without-engine", ERROR, SDSE_NEEDS("unknown-level"), part_without_engine,  \
      "parts of weights where no rebuild engine is below")                             \
    X("fanout-positive", ERROR, SDSE_NEEDS(NULL), fanout_positive,                     \
      "a fan-out of zero")                                                             \
    X("fanout-dims", ERROR, SDSE_NEEDS("fanout-positive"), fanout_dims,                \
      "a fan-out that no dimension may use")                                           \
    X("instances-absurd", ERROR, SDSE_NEEDS("fanout-positive"), instances_absurd,      \
      "more multipliers than fit 32 bits")                                             \
    X("network-missing", ERROR, SDSE_NEEDS("fanout-positive"), network_missing,        \
      "a fan-out without network")                                                     \
    X("topology-cost", ERROR, SDSE_NEEDS(NULL), topology_cost,                         \
      "a cost that the topology does not have")                                        \
    X("window-sharing", ERROR, SDSE_NEEDS("topology-cost"), window_sharing,            \
      "shared windows on a mesh, or without multicast")                                \
    X("port-missing", ERROR, SDSE_NEEDS("keeps-something"), port_missing,              \
      "costs per access of a port of unknown width")                                   \
    X("free-conflict", ERROR, SDSE_NEEDS(NULL), free_conflict,                         \
      "free: true beside a cost")                                                      \
    X("missing-cost", ERROR, SDSE_NEEDS(NULL), missing_cost,                           \
      "an energy that is neither given, nor in a table, nor free")                     \
    X("zero-cost", ERROR, SDSE_NEEDS(NULL), zero_cost,                                 \
      "an energy of 0 that is not declared free")                                      \
    X("missing-rate", ERROR, SDSE_NEEDS(NULL), missing_rate,                           \
      "a rebuild engine without rows_per_cycle, a bit-serial one without "             \
      "cycles_per_mac")                                                                \
    X("vector-unit", ERROR, SDSE_NEEDS(NULL), vector_unit,                             \
      "a vector unit without cost, rate or a place")                                   \
    X("constraint-fanout", ERROR, SDSE_NEEDS("fanout-positive"), constraint_fanout,    \
      "a constraint that asks for more than the fan-out")                              \
    X("constraint-dims", ERROR, SDSE_NEEDS("fanout-positive"), constraint_dims,        \
      "a spatial constraint on a dimension that the fan-out excludes")                 \
    X("constraint-sibling", ERROR, SDSE_NEEDS(NULL), constraint_sibling,               \
      "a constraint on a memory that carries no loops")                                \
    X("uneven-memory", ERROR,                                                          \
      SDSE_NEEDS("levels-present", "level-empty", "capacity-missing",                  \
                 "capacity-positive"),                                                 \
      uneven_memory, "an uneven memory that cannot be split into positions")           \
    X("shares-outermost", ERROR, SDSE_NEEDS("levels-present"), shares_outermost,       \
      "an outermost memory that shares")                                               \
    X("shares-instances", ERROR, SDSE_NEEDS("levels-present", "fanout-positive"),      \
      shares_instances, "a memory of several instances that shares, or a fourth one")  \
    X("shares-keeps", ERROR, SDSE_NEEDS("shares-outermost", "shares-instances"),       \
      shares_keeps,                                                                    \
      "a memory that shares what it does not keep, or weights alone, or that forgets") \
    X("dataflow-unreachable", WARNING, SDSE_NEEDS("unknown-word"),                     \
      dataflow_unreachable, "an alternative whose layers earlier ones take")

#define SDSE_WORKLOAD_CHECKS(X)                                                        \
    X("layers-present", ERROR, SDSE_NEEDS(NULL), layers_present, "no layer at all")    \
    X("duplicate-name", ERROR, SDSE_NEEDS(NULL), layer_names,                          \
      "two layers of one name")                                                        \
    X("pad-absurd", WARNING, SDSE_NEEDS(NULL), pad_absurd,                             \
      "padding that makes outputs of nothing but padding")                             \
    X("words-absurd", ERROR, SDSE_NEEDS(NULL), words_absurd,                           \
      "a layer whose words or MACs exceed 64 bits")                                    \
    X("axis-too-long", ERROR, SDSE_NEEDS("words-absurd"), axis_too_long,               \
      "windows that slide over more positions than can be listed")                     \
    X("shares-weights", ERROR, SDSE_NEEDS("family-widths"), shares_weights,            \
      "weights of a layer that is none before it, of another size, or in a file too")  \
    X("activations-digits", ERROR,                                                     \
      SDSE_NEEDS("missing-key", "out-of-range", "wrong-type"), activation_digits,      \
      "digits that the values cannot have, or that contradict their density")          \
    X("activations-channels", ERROR,                                                   \
      SDSE_NEEDS("missing-key", "out-of-range", "wrong-type", "groups-divide"),        \
      activation_channels,                                                             \
      "densities of other channels than the layer's, or of another mean")              \
    X("activations-rows", ERROR,                                                       \
      SDSE_NEEDS("missing-key", "out-of-range", "wrong-type"), activation_rows,        \
      "fewer rows than values that are not zero")                                      \
    X("weight-digits", ERROR, SDSE_NEEDS("missing-key", "out-of-range", "wrong-type"), \
      weight_digits,                                                                   \
      "digits that weights cannot have, or that contradict their density; no mark")

#define SDSE_MAPPING_CHECKS(X)                                                     \
    X("sibling-loops", ERROR, SDSE_NEEDS(NULL), sibling_loops,                     \
      "loops at a memory that carries none")                                       \
    X("spatial-fanout", ERROR, SDSE_NEEDS("sibling-loops"), spatial_fanout,        \
      "spatial loops beyond the fan-out")                                          \
    X("spatial-dims", ERROR, SDSE_NEEDS("sibling-loops"), spatial_dims,            \
      "a spatial loop over a dimension the fan-out excludes")                      \
    X("factors-cover", ERROR, SDSE_NEEDS("unknown-level"), factors_cover,          \
      "loops that do not reach the layer's bound, or pass it by whole passes")     \
    X("last-pass", ERROR, SDSE_NEEDS("factors-cover"), last_pass,                  \
      "a written last pass that is not the one the bounds give")                   \
    X("keeps-subset", ERROR, SDSE_NEEDS(NULL), keeps_subset,                       \
      "a level keeping what the accelerator does not keep there")                  \
    X("outermost-keeps-all", ERROR, SDSE_NEEDS("keeps-subset"), mapping_outermost, \
      "an outermost level that lacks a tensor")                                    \
    X("memory-keeps-once", ERROR, SDSE_NEEDS("keeps-subset"), memory_keeps_once,   \
      "a tensor at two levels of one memory")

#define SDSE_SWEEP_CHECKS(X)                                               \
    X("workloads-present", ERROR, SDSE_NEEDS(NULL), sweep_workloads,       \
      "a sweep without workload")                                          \
    X("archs-present", ERROR, SDSE_NEEDS(NULL), sweep_archs,               \
      "a sweep without accelerator")                                       \
    X("duplicate-name", ERROR, SDSE_NEEDS(NULL), form_names,               \
      "two weight forms of one name")                                      \
    X("duplicate-value", ERROR, SDSE_NEEDS(NULL), sweep_duplicates,        \
      "a path, file or value listed twice: points would be counted twice") \
    X("resident-limit", ERROR, SDSE_NEEDS(NULL), resident_limit,           \
      "a time limit of a mapper that proves where tensors stay")           \
    X("shares-unused", WARNING, SDSE_NEEDS(NULL), shares_unused,           \
      "memories that share, of points whose tensors stay nowhere")         \
    X("row-density", ERROR, SDSE_NEEDS(NULL), form_row_density,            \
      "fewer non-zero rows than the non-zero coefficients need")           \
    X("points-absurd", ERROR, SDSE_NEEDS(NULL), sweep_points,              \
      "a sweep of more than ten million points, or 2^62 designs to search")

#define SDSE_VALIDATION_CHECKS(X)                                                      \
    X("anchors-present", ERROR, SDSE_NEEDS(NULL), anchors_present, "no anchor at all") \
    X("duplicate-name", ERROR, SDSE_NEEDS(NULL), anchor_names,                         \
      "two anchors of one id")                                                         \
    X("anchor-why", ERROR, SDSE_NEEDS("missing-key", "case-unknown"), anchor_why,      \
      "a figure of theirs or of ours that is missing without a reason")

#define SDSE_DECLARE_CHECK(name, severity, needs, function, what) \
    void sdse_check_##function(struct sdse_subject *subject);
SDSE_ARCH_CHECKS(SDSE_DECLARE_CHECK)
SDSE_WORKLOAD_CHECKS(SDSE_DECLARE_CHECK)
SDSE_MAPPING_CHECKS(SDSE_DECLARE_CHECK)
SDSE_SWEEP_CHECKS(SDSE_DECLARE_CHECK)
SDSE_VALIDATION_CHECKS(SDSE_DECLARE_CHECK)
#undef SDSE_DECLARE_CHECK

#endif
