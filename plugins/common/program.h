// How a collector runs a program of the machine: found by name in directories of the system only,
// checked on the descriptor that then executes, without shell, and never left behind. A guard, a
// small process between us and the program, keeps its time and its output, so any number can run
// beside each other while the collector does something else, and none outlives the collector.
//
// Owned and called by one thread. Nothing here throws but for want of memory.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/common/descriptor.h"

namespace melisai::plugins {

/// What may run.
struct ProgramRules {
  /// Absolute. Looked through in this order; PATH of the programs.
  std::vector<std::string> directories = {
      "/usr/sbin",           "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin",
      "/usr/share/bcc/tools"};
  /// Whose files run besides those of root.
  uid_t owner = 0;
};

/// A program that was found and checked. It is held open: what was checked is what runs, whatever
/// becomes of its name.
struct FoundProgram {
  std::string reason;  // why there is none, with the next action; "" when there is one
  std::string name;
  std::string path;  // links resolved
  Descriptor file;
  Descriptor interpreter;                      // of a script
  std::vector<std::string> interpreter_words;  // the words of its first line

  bool found() const { return reason.empty(); }
};

/// `name` has no slash. The file is regular, executable, owned by root (or the owner of `rules`)
/// and not writable by anybody else; so is every directory above it, once links are resolved, and
/// the one that holds it is one of `rules`. A script is read by an interpreter for which the same
/// holds; "#!/usr/bin/env NAME" is looked up as any name. A name that is refused in one directory
/// may be found in a later one.
FoundProgram find_program(std::string_view name, const ProgramRules& rules = {});

struct ProgramLimits {
  std::chrono::milliseconds time{30'000};  // then SIGINT to its group,
  std::chrono::milliseconds grace{3'000};  // and after that SIGKILL to whatever it started
  std::size_t output_bytes_max = std::size_t{50} << 20;
  std::size_t error_bytes_max = std::size_t{64} << 10;
};

struct ProgramResult {
  std::string reason;  // why it did not end by itself, or never began; "" when it did
  int code = -1;       // its exit code, -1 when it has none
  int signal = 0;      // what ended it, 0 for nothing
  bool timed_out = false;
  std::string output;        // of stdout, from its start
  bool truncated = false;    // stdout went on beyond the limit
  std::string error_output;  // the end of stderr
};

/// A program at work. Its environment is PATH, HOME=/, LANG=C.UTF-8, LC_ALL=C.UTF-8, TERM=dumb and
/// TMPDIR=/tmp, its directory /, its stdin /dev/null; it has a process group of its own, none of
/// our descriptors, and cannot gain privileges. When it ends, so does all that it started.
class RunningProgram {
 public:
  RunningProgram(FoundProgram program, const std::vector<std::string>& arguments,
                 const ProgramRules& rules = {}, const ProgramLimits& limits = {});
  RunningProgram(RunningProgram&&) noexcept;
  RunningProgram& operator=(RunningProgram&&) noexcept;
  ~RunningProgram();  // kills it

  /// SIGINT to its group now: many a tool prints what it saw only then.
  void interrupt();
  /// Waits for the end, which the limits bound. Once.
  ProgramResult finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// All of it at once.
ProgramResult run_program(std::string_view name, const std::vector<std::string>& arguments,
                          const ProgramRules& rules = {}, const ProgramLimits& limits = {});

}  // namespace melisai::plugins
