#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "core/report/summary.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

/// Of a file that is no result: what `reason` says is wrong with it.
std::string next_action_for_unread(const std::string& reason) {
  const auto says = [&](std::string_view words) { return reason.find(words) != std::string::npos; };
  if (says("--only matches"))
    return "melisai-gate parse FILE shows the names that --only may match.";
  if (says("cannot read"))
    return "Name result files that exist and can be read, or directories of them.";
  if (says("a report of melisai-gate"))
    return "Name the files that the benchmarks themselves wrote, or two reports of melisai-gate "
           "collect.";
  if (says("no known format"))
    return "melisai-gate formats lists what can be read and the commands that write it; --format "
           "names one.";
  return "Record that file again, or say what it is with --format; melisai-gate parse FILE shows "
         "what is read in a file.";
}

std::string next_action_for_files(ReasonCode code, const std::string& reason) {
  switch (code) {
    case ReasonCode::budget:
      return "Compare more result files a side (a directory with one file a run), say how noisy "
             "they are with --noise-floor, or accept a larger --threshold; melisai-gate check "
             "measures both sides in turn until it can tell.";
    case ReasonCode::nothing_compared:
      return "Check with melisai-gate parse that both sides hold the same benchmarks, and that "
             "--only matches some of them.";
    case ReasonCode::bench_failed:
      return "Correct the failed benchmark and record its results again.";
    case ReasonCode::configuration: return next_action_for_unread(reason);
    case ReasonCode::disk: return "Free some space, or choose another directory with --output-dir.";
    case ReasonCode::interrupted: return "Compare again.";
    default: return "";
  }
}

/// More pairs and a quieter machine change no count.
bool only_counts_are_open(const Report& report) {
  bool any = false;
  for (const BenchmarkResult& row : report.benchmarks) {
    if (!row.gating || row.decision != Decision::inconclusive) continue;
    if (row.pairs > 0 || row.metric.tier != Tier::exact) return false;
    any = true;
  }
  return any;
}

/// What ended the measuring says what to raise.
std::string next_action_for_open(const Report& report) {
  if (only_counts_are_open(report))
    return "Do what the note of the count says, or write exact: off for its benchmark.";
  const bool out_of_pairs = std::any_of(
      report.benchmarks.begin(), report.benchmarks.end(), [&](const BenchmarkResult& row) {
        const bool at_the_end = report.max_pairs > 0 && row.pairs >= report.max_pairs;
        const bool too_noisy = row.smallest_found && *row.smallest_found > row.threshold;
        return row.gating && row.decision == Decision::inconclusive && (at_the_end || too_noisy);
      });
  return std::string(out_of_pairs ? "Raise gate.max_pairs" : "Raise gate.budget") +
         ", run on a quieter machine, or accept a larger gate.threshold.";
}

/// The rest of `text` behind `mark` up to `end`; "" when it lacks one.
std::string between(std::string_view text, std::string_view mark, std::string_view end) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return "";
  const std::size_t from = at + mark.size();
  const std::size_t to = text.find(end, from);
  return to == std::string_view::npos ? "" : std::string(text.substr(from, to - from));
}

/// The shell did not find the program: which, and who would have made it, say what to do.
std::string next_action_for_missing(const Report& report, const std::string& again,
                                    const std::string& note) {
  // As the shell says it: "/bin/sh: 1: exec: ./bench: not found".
  std::string program = between(note, "exec: ", ": not found");
  if (program.empty())
    return "Install or build what the failed command did not find, then " + again;
  constexpr std::size_t kNameCharactersMax = 120;
  program = clip(one_line(program), kNameCharactersMax);
  if (program.find('/') == std::string::npos)
    return "Install " + program + " on this machine, or name it with its path, then " + again;
  const bool is_built = !report.stages.empty();
  if (report.command == "ab" || program.front() == '/')
    return "Correct the path " + program + ", or make the program first, then " + again;
  return is_built ? "Let the build make " + program + ", or correct its path, then " + again
                  : "Nothing built " + program +
                        ": give the command that does with --build, or as a pipeline of "
                        ".melisai-gate.yaml, then " +
                        again;
}

std::string next_action_for_benchmark(const Report& report) {
  const bool is_ab = report.command == "ab";
  const std::string again = is_ab ? "run ab again." : "run the check again.";
  for (const BenchmarkResult& row : report.benchmarks) {
    const bool is_missing = row.note.find("exit code 127") != std::string::npos;
    if (row.decision == Decision::failed && row.gating && is_missing)
      return next_action_for_missing(report, again, row.note);
  }
  if (is_ab) return "Run the failed command by hand and correct it, then " + again;
  return "Run the failed benchmark by hand at that commit and correct it, then " + again;
}

/// What tools say that find no server by its name.
bool has_no_network(const StageResult& stage) {
  constexpr std::string_view kWords[] = {"Name or service not known", "Could not resolve host",
                                         "Temporary failure in name resolution", "EAI_AGAIN",
                                         "ENOTFOUND"};
  return stage.status == StageResult::Status::failed &&
         std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view words) {
           return stage.log_tail.find(words) != std::string::npos;
         });
}

std::string next_action_for_build(const Report& report) {
  if (std::any_of(report.stages.begin(), report.stages.end(), has_no_network))
    return "The build reaches no server: correct the network, or name in measure.pass_env the "
           "variables that say where packages come from, which builds do not see (such as "
           "PIP_INDEX_URL), then run the check again.";
  const bool is_missing =
      std::any_of(report.stages.begin(), report.stages.end(), [](const StageResult& stage) {
        return stage.status == StageResult::Status::failed && stage.message == "exit code 127";
      });
  return is_missing
             ? "Install what the build's log says is not found, or correct the command, then "
               "run the check again."
             : "Correct the build with the help of its log, then run the check again.";
}

std::string next_action_for_git(const Report& report) {
  if (report.reason.find("unknown git reference") != std::string::npos)
    return "Correct --base or --head, or fetch what they name, then run the check again.";
  if (report.reason.find("no commit yet") != std::string::npos) return "";
  return "Check that both commits exist here and that the history reaches their merge base "
         "(git fetch --unshallow).";
}

}  // namespace

std::string next_action(const Report& report) {
  if (report.command == "import") return "";
  if (is_of_files(report) && report.reason_code != ReasonCode::internal)
    return next_action_for_files(report.reason_code, report.reason);
  switch (report.reason_code) {
    case ReasonCode::clear:
    case ReasonCode::regressed: return "";
    case ReasonCode::budget: return next_action_for_open(report);
    case ReasonCode::nothing_compared:
      return "Check that the benchmarks exist at both commits and that --only matches some of "
             "them.";
    case ReasonCode::build_failed: return next_action_for_build(report);
    case ReasonCode::tests_failed:
      return "Correct the tests with the help of their log, then run the check again.";
    case ReasonCode::bench_failed: return next_action_for_benchmark(report);
    case ReasonCode::git: return next_action_for_git(report);
    case ReasonCode::collector:
      return "Run melisai-gate plugins to see what the collector lacks, or take it out of "
             "collect.required, then run the check again.";
    case ReasonCode::baseline:
      return "Compare with --base merge-base, which measures both sides here, or record a baseline "
             "on this machine.";
    case ReasonCode::busy:
      return "Wait until the other melisai-gate has ended, then run the check again; --wait and "
             "measure.machine_wait do so for you.";
    case ReasonCode::disk:
      return "Free some space, or choose other directories with --state-dir and --output-dir, then "
             "run the check again.";
    case ReasonCode::interrupted:
      return "Run the check again; what was measured so far decides nothing.";
    case ReasonCode::configuration:
      return "Correct the pipeline file or the flags, then run the check again.";
    case ReasonCode::internal:
      return "This is a defect of melisai-gate: please report it together with report.json.";
  }
  return "";
}

}  // namespace melisai::report
