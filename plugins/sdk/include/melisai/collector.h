// melisai_collector_v1: the contract between melisai-gate and a collector plugin, in C.
//
// A plugin is a shared library that exports one symbol, `melisai_collector_v1`, a constant struct.
// melisai-gate-worker loads it, one worker process per plugin, and calls it from one thread only.
// C++ authors use collector.hpp and never see this file.
#pragma once

/* Versions. The major version is in the symbol's name. The minor version is `abi_minor`; later
 * minors only append fields, and `struct_size` says how many bytes a side knows. The host loads a
 * plugin of its own major version and of any minor up to its own; a field that a plugin's struct
 * does not reach reads as zero.
 *
 * Memory. Strings are UTF-8 and not terminated; they are valid during the call, those in constant
 * structs for ever. Nobody frees what the other side gave.
 *
 * Errors. A function that returns int32_t gives 0 for success. Before it returns anything else it
 * says why with host->log at MELISAI_LOG_ERROR. Nothing may be thrown across.
 *
 * State of an instance: created -> started -> created ... -> destroyed.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming): names as C has them */

#define MELISAI_ABI_MAJOR 1
#define MELISAI_ABI_MINOR 2
#define MELISAI_EXPORT __attribute__((visibility("default")))

typedef struct melisai_str {
  const char* data;
  size_t size;
} melisai_str;

enum {
  MELISAI_LOG_DEBUG = 0,
  MELISAI_LOG_INFO = 1,
  MELISAI_LOG_WARNING = 2,
  MELISAI_LOG_ERROR = 3
};

enum { MELISAI_BETTER_LOWER = 0, MELISAI_BETTER_HIGHER = 1, MELISAI_BETTER_UNKNOWN = 2 };

/* One number that the collector can yield. */
typedef struct melisai_metric {
  melisai_str name;      /* "run_delay": a letter, then letters, digits and _ . -; at most 64 */
  melisai_str unit;      /* "ns", "B", "count", "1/s", "B/s", "ratio" */
  int32_t better;        /* MELISAI_BETTER_* */
  int32_t tier;          /* 1 exact count, 2 near exact, 3 time, 4 explains only */
  melisai_str help;      /* one line for people */
  melisai_str source;    /* "/proc/<pid>/schedstat, field 2" */
  melisai_str privilege; /* what it needs beyond an ordinary user: "CAP_SYS_PTRACE", or "" */
} melisai_metric;

/* One thing that a collector sees, with more to say than numbers: "cpu_utilization". Since 1.1. */
typedef struct melisai_part {
  melisai_str name;     /* a letter, then letters, digits and _ . -; at most 64 */
  melisai_str category; /* cpu memory disk network process system container stacktrace */
  int32_t tier;         /* 1 procfs, 2 another program, 3 native eBPF */
} melisai_part;

/* What the host offers. Valid from available() or create() until destroy() has returned. */
typedef struct melisai_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void* context; /* first argument of the functions below */
  void (*log)(void* context, int32_t level, melisai_str text);
  /* [started, in stop() only] One number for the window. `metric` must be declared and `value`
   * finite; anything else is ignored and logged. */
  void (*emit)(void* context, melisai_str metric, double value);
  /* [started, in stop() only; since 1.1] What `part` saw in the window: a JSON object
   * {"data":{..},"histograms":[..],"events":[..],"stacks":[..],"errors":["why not"],
   * "truncated":false} of at most 1,000,000 bytes; all members may be left out. Once a window;
   * `part` must be declared. */
  void (*result)(void* context, melisai_str part, melisai_str json);
} melisai_host;

/* What one window observes. */
typedef struct melisai_target {
  uint32_t struct_size;
  uint32_t reserved; /* 0 */
  /* Root of the observed process tree. At start() it exists but has not executed its program yet;
   * at stop() it and all of its tree have ended, but it is not reaped: /proc/<root_pid> can be
   * read.
   * With `watches` it may also be a living process whose tree is not observed but discounted.
   * 0: the whole host. */
  int64_t root_pid;
  melisai_str cgroup; /* directory of the tree's own cgroup, "" when it has none */
  /* Since 1.1: names of the declared parts that are wanted in this window, a space between two; ""
   * when none is. What the others say is dropped, so they should not be started. */
  melisai_str parts;
} melisai_target;

typedef struct melisai_collector {
  uint32_t struct_size; /* sizeof(melisai_collector) when the plugin was built */
  uint32_t abi_minor;   /* MELISAI_ABI_MINOR when the plugin was built */
  melisai_str name;     /* "process": a letter, then letters, digits and _ . -; at most 64 */
  melisai_str version;  /* of the plugin: "1.2.0" */

  const melisai_metric* metrics; /* all that emit() may name */
  uint32_t metric_size;          /* sizeof(melisai_metric) when the plugin was built */
  uint32_t metric_count;         /* 1 to 1000; 0 with parts */

  /* Linux capabilities that the worker keeps, "CAP_SYS_PTRACE CAP_BPF"; "" is the normal case. */
  melisai_str capabilities;

  /* 1: a window is cheap (well below a millisecond at both ends), so that the host may open one
   * around timed pairs to learn whether the machine was quiet; sample_interval_ms must be 0 then.
   * 0: only in profiling runs. */
  uint32_t watches;
  /* How often sample() is wanted, in milliseconds, 1 to 60000; 0: never. The configuration's
   * "sample_interval_ms" takes its place where there is one. */
  uint32_t sample_interval_ms;

  /* [no instance] Can this machine give the numbers? Not 0: no, and the reason was logged at
   * MELISAI_LOG_ERROR. NULL: always. Must be quick and change nothing. */
  int32_t (*available)(const melisai_host* host);

  /* [no instance] A new instance, or NULL: refused, reason logged. `config_json` is an object. */
  void* (*create)(const melisai_host* host, melisai_str config_json);
  /* [created] Never fails. Comes with create: one without the other is refused. */
  void (*destroy)(void* self);

  /* [created] Begins a window. */
  int32_t (*start)(void* self, const melisai_target* target);
  /* [started] Ends the window and emits every number of it before it returns. Comes with start. */
  int32_t (*stop)(void* self);
  /* [started] Called about every sample_interval_ms; the observed tree is running. May be NULL;
   * with it sample_interval_ms is not 0. */
  void (*sample)(void* self);
  /* Since 1.1: what result() may name. */
  const melisai_part* parts;
  uint32_t part_size;  /* sizeof(melisai_part) when the plugin was built */
  uint32_t part_count; /* at most 100 */
  /* [no instance] Since 1.2: can this machine give what `part`, one of `parts`, sees? Not 0: no,
   * and the reason was logged at MELISAI_LOG_ERROR. Called after available(), when that said yes;
   * wanted all the same, the part says in its result why it has nothing. NULL: always. */
  int32_t (*part_available)(const melisai_host* host, melisai_str part);
  /* Fields of later minors are appended here, each marked "since 1.x". */
} melisai_collector;

/* The one symbol. */
extern MELISAI_EXPORT const melisai_collector melisai_collector_v1;

/* NOLINTEND(readability-identifier-naming) */

#ifdef __cplusplus
}
#endif
