// Host: `collect`, what the collectors see of this machine or of one program, as a report.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/host_profile.h"
#include "core/model/host_report.h"
#include "core/model/project.h"
#include "core/world.h"

namespace melisai::host {

struct CollectRequest {
  HostProfile profile;
  std::vector<std::int64_t> pids;           ///< only these and what they start, where it applies
  std::vector<std::string> cgroups;         ///< directories
  int events_max = 1'000;                   ///< of one collector
  std::string proc_root, sys_root;          ///< "": the live ones
  std::vector<std::string> plugin_dirs;     ///< besides those of the installation
  std::vector<std::string> command;         ///< not empty: watch this program as long as it runs
  std::optional<Milliseconds> command_max;  ///< ended after this long, else at the timeout
};

/// Takes one line about a phase; may be empty.
using Say = std::function<void(const std::string&)>;

/// Initialize, collect, assemble, analyze: everything but the output. Takes the profile's duration,
/// or as long as the command runs, at most command_max; never longer than its timeout. A signal
/// ends it early, and the report says so. What goes wrong with one collector is in its result.
/// Errors: usage when a process or cgroup is not there; config when no collector can have one of
/// the profile's tools; process when the command cannot be started.
Result<HostReport> collect(const CollectRequest& request, World& world, const Say& say);

/// The report for a reader with little time, a person or a language model: host, health, anomalies,
/// resources, advice with all of its commands, what is missing. Plain text, at most 150 lines.
std::string explain(const HostReport& report);

/// Which profile, as the command line names it.
struct ProfileChoice {
  std::string name;         ///< "": standard
  std::string config_file;  ///< absolute; "": .melisai-gate.yaml of `directory`, when it is there
  std::string directory = ".";
  std::vector<std::string> focus;        ///< empty: that of the profile
  std::optional<Milliseconds> duration;  ///< instead of the profile's
};
/// "disk, stacks": categories of tools, joined by commas; empty for none. Errors: usage, with the
/// words that there are.
Result<std::vector<std::string>> parse_focus(const std::string& list);
/// Of the pipeline file only the own profiles are read; of nothing when neither a name nor a file
/// was given. Errors: usage, for a name that none has; config; those of reading the file.
Result<HostProfile> choose_profile(const ProfileChoice& choice);

/// `collect` on the command line.
struct CollectCommand {
  ProfileChoice profile;
  CollectRequest request;    ///< its profile is chosen by run()
  std::string output = "-";  ///< absolute path, or - for standard output
  bool quiet = false;        ///< no lines about the phases on standard error
  bool explained = false;    ///< print explain() on standard output; JSON only to a file
  std::string flame;         ///< absolute directory for flame graphs; "": none
};
/// Exit code: 0 a report was written (also when a signal ended it early). Errors: of collect(), io,
/// disk_full; usage when there is no directory for the output, or the output is one; those of
/// choose_profile().
Result<int> run(const CollectCommand& command, World& world,
                const std::function<bool(std::string_view)>& print);

/// Whether `file` holds a host report, ours or melisai's. Only the head of a file is judged: a
/// broken one is one too, and comparing says what is wrong with it.
bool is_report(const std::string& file);

/// Why a host report cannot be compared with what is none: a file, or "-". Code: not_found, usage.
Error no_pair(const std::string& report, const std::string& other);

/// Why an option of `compare` cannot be used with two host reports. Code: usage.
Error not_for_reports(const std::string& option);

struct CompareRequest {
  std::string baseline, current;  ///< files
  bool json = false;
  std::optional<FailOn> fail_on;
};
/// What differs between two reports, as text or JSON. Exit code: 1 when something is plainly worse,
/// beyond the noise that one report a side may show, or an anomaly is new (0 with FailOn::never);
/// 3 when the reports cannot be judged against each other (0 when `fail_on` is another than
/// FailOn::inconclusive); else 0. Errors: not_found, io, limit, parse, usage.
Result<int> compare(const CompareRequest& request,
                    const std::function<bool(std::string_view)>& print);

}  // namespace melisai::host
