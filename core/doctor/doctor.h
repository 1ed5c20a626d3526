// Doctor: what works on this machine, and is it fit for benchmarks? Facts are read once, below a
// root directory; everything said about them is a pure function. The command line is the only
// caller. One thread; changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/base/result.h"
#include "core/collect/collect.h"
#include "core/model/collector.h"
#include "core/model/report.h"

namespace melisai::doctor {

/// Of /etc/os-release.
struct Distribution {
  std::string id;                 ///< "debian"; "" when it cannot be read
  std::vector<std::string> like;  ///< ID_LIKE, nearest first
  std::string version;            ///< "12"; "" with rolling ones
  std::string name;               ///< PRETTY_NAME
  bool operator==(const Distribution&) const = default;
};

/// How the CPU's frequency above the nominal one is switched.
struct Turbo {
  bool on = false;
  std::string file;  ///< below /sys, absolute
  std::string off;   ///< what to write there
  bool operator==(const Turbo&) const = default;
};

enum class CgroupLayout { none, v1, v2, hybrid };
struct Cgroups {
  CgroupLayout layout = CgroupLayout::none;
  std::string own;        ///< our own directory in the v2 hierarchy; "" when it has none
  bool may_make = false;  ///< the gate can make a cgroup there
  bool operator==(const Cgroups&) const = default;
};

/// Version of the kernel that decides about features.
struct KernelVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};

/// Where code that nobody trusts would run.
struct SandboxFacts {
  bool installed = false;
  std::string problem;                             ///< "" when it works
  Enforced memory_limit = Enforced::by_cgroup;     ///< how it holds, here and for this user
  Enforced processes_limit = Enforced::by_cgroup;  ///< the same
  bool operator==(const SandboxFacts&) const = default;
};

/// What was read. Nothing: the kernel does not show it.
struct Facts {
  Distribution distribution;
  Machine machine;
  std::string kernel;  ///< "6.1.0-18-amd64"
  KernelVersion kernel_version;
  int cpus_usable = 0;  ///< by this process
  int cpus_online = 0;
  std::vector<std::string> governors;  ///< of the CPUs, each once; empty without frequency scaling
  std::optional<Turbo> turbo;
  std::optional<bool> smt;
  std::int64_t swap_total_kib = 0;
  std::int64_t swap_used_kib = 0;
  std::optional<double> load_1;
  std::optional<double> steal;  ///< share of all CPU time since boot
  std::string clocksource;
  std::vector<std::string> clocksources;  ///< that the kernel would take
  std::string huge_pages;                 ///< "always", "madvise", "never"; "" without
  std::optional<int> randomize_va_space;
  std::optional<int> perf_event_paranoid;
  std::optional<int> kptr_restrict;
  std::optional<int> unprivileged_bpf_disabled;
  std::string
      lockdown;  ///< "none", "integrity", "confidentiality"; "" when securityfs is not there
  bool pressure = false;  ///< /proc/pressure
  bool btf = false;
  Cgroups cgroups;
  std::int64_t uid = 0;
  std::uint64_t capabilities = 0;  ///< permitted; bit n: capability n of linux/capability.h
  std::vector<std::string>
      programs;  ///< of tier 2, those that are there: "perf", "bpftrace", "bcc"
  bool kernel_headers = false;
  bool serves = false;                  ///< /etc/melisai-gate/serve.yaml, of the service, is there
  int cycles_errno = 0;                 ///< of counting CPU cycles; 0: it works
  int bpf_errno = 0;                    ///< of loading a BPF program that does nothing; 0: it works
  std::optional<SandboxFacts> sandbox;  ///< filled in by the caller; nothing: not tried
  std::optional<collect::BpfWorker> bpf_worker;  ///< the same
  std::vector<CollectorResult> collectors;       ///< the same
  std::vector<std::string> plugin_directories;   ///< the same: where they were looked for
};

/// Where facts come from.
struct Sources {
  std::string root;  ///< "" is the live system, else a directory with proc, sys, etc, usr
  std::function<int()> count_cycles;  ///< errno of trying, 0 when it works
  std::function<int()> load_bpf;
};
Sources live_sources();

/// Errors: unavailable, when /proc does not show the CPUs, the kernel or this process.
Result<Facts> read_facts(const Sources& sources);

/// Runs a program in one. `exec`: absolute path of melisai-gate-exec; `search_path`: where
/// bubblewrap is looked for.
SandboxFacts try_sandbox(const std::string& exec, const std::string& search_path,
                         ProcessRunner& processes);

enum class State {
  ok,
  note,     ///< worth knowing; nobody needs to act
  warning,  ///< hurts what the gate promises, or is broken: act
  missing,  ///< the gate lacks it: act
};

struct Finding {
  std::string id;  ///< "governor"
  State state = State::ok;
  std::string found;                  ///< "powersave"
  std::string why;                    ///< one sentence: what it means for the promise
  std::string action;                 ///< one sentence; "" when there is nothing to do
  std::vector<std::string> commands;  ///< shell lines for root, of this distribution
  bool operator==(const Finding&) const = default;
};

/// A way of observing: 1 procfs, 2 programs of others, 3 native eBPF.
struct Tier {
  int tier = 1;
  bool usable = false;
  Finding finding;
};

struct PartFinding {
  CollectorPart part;
  bool works = false;
  std::string reason;  ///< "" when it works
};
struct CollectorFinding {
  CollectorResult collector;
  State state = State::ok;
  std::string action;
  std::vector<PartFinding> parts;
};

struct Diagnosis {
  std::vector<Finding> machine;
  std::vector<Tier> tiers;
  std::vector<CollectorFinding> collectors;
  /// Whether the gate has what it needs and nobody has to act.
  bool fit() const;
};

Diagnosis findings_of(const Facts& facts);

std::string_view to_string(State state);
/// Tables for a terminal.
std::string render(const Facts& facts, const Diagnosis& diagnosis);
/// config/schema/doctor.schema.json; ends with a newline.
std::string to_json(const Facts& facts, const Diagnosis& diagnosis);
/// The commands of all findings, each after a comment that says what for. Nothing runs them.
std::string fix_commands(const Facts& facts, const Diagnosis& diagnosis);

}  // namespace melisai::doctor
