#include "core/cli_tools.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "core/base/text.h"
#include "core/overrides.h"

namespace melisai::cli {
namespace {

constexpr const char* kReplayExitCodes =
    "\nExit codes: 0 pass (also inconclusive, unless --fail-on inconclusive; always with\n"
    "--independent), 1 regression (unless --fail-on never), 2 usage or wrong input,\n"
    "3 inconclusive (with --fail-on inconclusive), 4 reading or writing failed, or a time is 0 in\n"
    "every pair.";
constexpr const char* kSelftestFooter =
    "\n--json prints one object: verdict (kept: not contradicted; broken, cannot_tell, "
    "interrupted),\n"
    "reason, threshold, false_alarm, miss, max_pairs, seed, seconds, run_ms, slowdown; equal and\n"
    "slow, each with trials, red, clear, inconclusive, mean_pairs, wrong_at_most; noise with\n"
    "metric, spread, smallest_found. Rates and changes are fractions.\n"
    "\nExit codes: 0 the promise is not contradicted, 1 it is broken, 2 usage, 3 cannot tell,\n"
    "4 could not measure (workload, disk, interrupt).";
constexpr const char* kHistoryExitCodes =
    "\nExit codes: 0 with or without a change, 2 usage or wrong input, 4 reading or writing "
    "failed.";
constexpr const char* kBisectFooter =
    "\n--json prints one object: result (culprit, range, cannot_tell, not_slower), reason, good,\n"
    "bad, culprit, subject, suspects, confidence; benchmark, metric, effect, effect_low,\n"
    "effect_high and pairs of the slowest series; bad_against_good, steps, skipped. With "
    "--dry-run:\n"
    "result (plan), good, bad, commits, steps, first, merges.\n"
    "\nExit codes: 0 a culprit or the shortest range (with --dry-run: a plan), 2 usage or\n"
    "configuration, 3 cannot tell (also when bad is not slower), 4 could not measure (build of\n"
    "good or bad, git, benchmark, disk, interrupt).";

/// A directory can be opened, so that reading would be what fails.
Result<std::string> file_argument(const std::string& typed) {
  if (typed == "-" || typed.empty()) return typed;
  std::error_code error;
  if (std::filesystem::is_directory(typed, error))
    return usage("FILE",
                 in_quotes(typed) + " is a directory; name a file, or - for standard input");
  return absolute(typed);
}

Result<Policy> policy_of(const Typed& typed) {
  MELISAI_TRY(const Overrides overrides, read_overrides(typed));
  Project project;
  apply(overrides, project);
  return project.gate;
}

}  // namespace

ToolsParser::ToolsParser(CLI::App& app) : app_(app) {
  add_replay();
  add_selftest();
  add_history();
  add_bisect();
}

void ToolsParser::add_replay() {
  CLI::App& replay = *app_.add_subcommand(
      "replay", "What the gate decides on recorded pairs, such as those of `runs --pairs RUN`");
  replay.add_option("FILE", file_, "JSON lines, one pair a line; - for standard input")->required();
  add_rule_options(replay, typed_);
  replay.get_option("--threshold")
      ->description(
          "Smallest slowdown worth stopping for, of every series (default: what its "
          "lines say, else 5%)");
  replay.add_option("--seed", typed_.seed, "Accepted for scripts; the rule draws nothing")
      ->type_name("N");
  replay.add_flag("--independent", independent_,
                  "Each series is a suite of its own; the exit code is 0");
  replay.add_option("--only", only_, "Only series whose name matches, such as '*/cpu_time'")
      ->type_name("GLOB");
  add_fail_on_option(replay, typed_);
  replay.add_flag("--json", typed_.display.json, "Print the decisions as JSON");
  describe(replay, {{"--threshold", "Smallest change worth stopping for (default 5%)"},
                    {"--miss", "Probability of missing a change of the threshold (default 5%)"},
                    {"--max-pairs", "Pairs of a series that may be used (default 60)"}});
  replay.footer(kReplayExitCodes);
}

void ToolsParser::add_selftest() {
  CLI::App& selftest = *app_.add_subcommand(
      "selftest",
      "Try on this machine: equal programs stay green, a slowdown of the threshold turns red");
  CLI::Option* quick = selftest.add_flag("--quick", quick_, "At most a minute");
  selftest.add_option("--budget", typed_.budget, "Time in all (default 5m)")
      ->type_name("T")
      ->excludes(quick);
  add_rule_options(selftest, typed_);
  selftest.add_option("--seed", typed_.seed, "Reproduces order and CPU choices")->type_name("N");
  selftest.add_flag("--json", typed_.display.json, "Print one JSON object");
  describe(selftest, {{"--threshold", "The slowdown that is tried (default 5%)"},
                      {"--false-alarm", "How often equal programs may turn red (default 1%)"},
                      {"--miss", "How often the slowdown may be called clear (default 5%)"},
                      {"--max-pairs", "Pairs of a trial, confirmation included (default 60)"}});
  selftest.footer(kSelftestFooter);
}

void ToolsParser::add_history() {
  CLI::App& history = *app_.add_subcommand(
      "history", "Change points over commits, of a CSV file or of the stored runs");
  history.add_option("FILE", file_, "CSV: series,index,value[,commit]; - for standard input");
  history
      .add_option("--benchmark", benchmark_,
                  "Instead of a file: the stored benchmarks that match, such as 'parse/*'")
      ->type_name("GLOB");
  history
      .add_option("-C", typed_.directory,
                  "The repository whose history orders the commits of the store (default: the "
                  "current directory, else where the newest run was)")
      ->type_name("DIR");
  history.add_option("--metric", metric_, "Only these metrics of the store")->type_name("GLOB");
  history
      .add_option("--branch", branch_,
                  "Only commits of this branch, however they were checked, in its order (default: "
                  "of what is checked out)")
      ->type_name("B");
  history.add_option("--project", project_, "Only runs of this project")->type_name("NAME");
  add_state_dir_option(history, typed_.state_dir);
  history.add_flag("--json", typed_.display.json, "Print the changes as JSON");
  history.footer(kHistoryExitCodes);
}

void ToolsParser::add_bisect() {
  CLI::App& bisect = *app_.add_subcommand("bisect", "Find the commit that made a benchmark slower");
  bisect.add_option("-C", typed_.directory, "The repository (default: the current directory)")
      ->type_name("DIR");
  bisect.add_option("--good", good_, "A commit that was fast")->type_name("A")->required();
  bisect.add_option("--bad", bad_, "A later commit that is slow (default HEAD)")->type_name("B");
  bisect.add_option("--only", only_, "Only benchmarks whose name matches")->type_name("GLOB");
  bisect
      .add_option("--config", config_file_,
                  "Pipeline file instead of .melisai-gate.yaml of the bad commit")
      ->type_name("F");
  bisect
      .add_option("--build", commands_.build,
                  "Build command; with --bench, replaces the pipeline file")
      ->type_name("CMD");
  bisect.add_option("--bench", commands_.bench, "Command to measure; may be repeated")
      ->type_name("CMD")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  bisect.add_flag("--dry-run", dry_run_, "Show the plan and stop");
  add_common_options(bisect, typed_);
  describe(
      bisect,
      {{"--threshold", "Smallest slowdown of bad against good to search for (default 5%)"},
       {"--false-alarm", "Probability of a wrong 'slow', in the whole search (default 1%)"},
       {"--miss", "Probability of a wrong 'fast', in the whole search (default 5%)"},
       {"--max-pairs",
        "Pairs of bad against good; a step may have eight times as many (default 60)"},
       {"--budget", "Measuring time of each comparison, not of the whole search (default 10m)"},
       {"--output-dir",
        "Where the report of bad against good and the logs go (default melisai-report)"},
       {"--collectors", "Accepted for scripts; bisect profiles nothing"},
       {"--explain", "Accepted for scripts; bisect explains nothing"},
       {"--exact", "Count instructions where they are what became more (default auto)"},
       {"--plugin-dir", "Accepted for scripts; bisect profiles nothing"},
       {"--fail-on", "Accepted for scripts; the exit code says what was found"},
       {"--json", "Print the result, or the plan of --dry-run, as one JSON object"},
       {"--quiet", "No progress; print only the culprit, or the range with its commits"}});
  bisect.footer(kBisectFooter);
}

Result<std::optional<Invocation>> ToolsParser::make(const EnvLookup& env) const {
  const auto optional = [](Result<Invocation> made) -> Result<std::optional<Invocation>> {
    if (!made) return made.error();
    return std::optional<Invocation>(*std::move(made));
  };
  if (app_.got_subcommand("replay")) return optional(replay());
  if (app_.got_subcommand("selftest")) return optional(selftest());
  const CLI::App& history_command = *app_.get_subcommand("history");
  if (app_.got_subcommand("history") && history_command.get_subcommands().empty())
    return optional(history(env));
  if (app_.got_subcommand("bisect")) return optional(bisect(env));
  return std::optional<Invocation>();
}

Result<Invocation> ToolsParser::replay() const {
  if (file_.empty()) return usage("FILE", "is empty; name a file, or - for standard input");
  ReplayRequest request{.file = "",
                        .policy = {},
                        .one_threshold = !typed_.threshold.empty(),
                        .independent = independent_,
                        .json = typed_.display.json,
                        .only = only_};
  MELISAI_TRY(request.file, file_argument(file_));
  MELISAI_TRY(request.policy, policy_of(typed_));
  MELISAI_CHECK(number("--seed", typed_.seed, 0, kSeedMax));
  return Invocation(std::move(request));
}

Result<Invocation> ToolsParser::selftest() const {
  SelftestRequest request{
      .policy = {}, .quick = quick_, .json = typed_.display.json, .seed = std::nullopt};
  MELISAI_TRY(request.policy, policy_of(typed_));
  if (!typed_.budget.empty()) request.budget = request.policy.budget;
  MELISAI_TRY(request.seed, number("--seed", typed_.seed, 0, kSeedMax));
  return Invocation(std::move(request));
}

Result<Invocation> ToolsParser::history(const EnvLookup& env) const {
  HistoryRequest request{.file = "",
                         .json = typed_.display.json,
                         .state_dir = "",
                         .directory = absolute(typed_.directory),
                         .directory_typed = app_.get_subcommand("history")->count("-C") > 0,
                         .benchmark = benchmark_,
                         .metric = metric_,
                         .branch = branch_,
                         .project = project_};
  if (file_.empty() == benchmark_.empty())
    return usage("history", "needs either a FILE or --benchmark GLOB");
  if (!file_.empty() &&
      (!(metric_ + branch_ + project_ + typed_.state_dir).empty() || request.directory_typed))
    return usage("history",
                 "-C, --metric, --branch, --project and --state-dir go with --benchmark");
  MELISAI_TRY(request.file, file_argument(file_));
  if (file_.empty()) {
    MELISAI_TRY(request.state_dir, state_directory(typed_.state_dir, env));
  }
  return Invocation(std::move(request));
}

Result<Invocation> ToolsParser::bisect(const EnvLookup& env) const {
  BisectCommand command;
  command.display = typed_.display;
  BisectRequest& request = command.request;
  MELISAI_CHECK(fill(request, typed_, env));
  request.overrides.collectors.reset();  // bisect starts none, so none can be missing
  if (good_.empty() || bad_.empty()) return usage(good_.empty() ? "--good" : "--bad", "is empty");
  if (!commands_.build.empty() && commands_.bench.empty())
    return usage("--build", "needs at least one --bench CMD");
  request.directory = absolute(typed_.directory);
  request.good = good_;
  request.bad = bad_;
  request.only = only_;
  request.commands = commands_;
  request.dry_run = dry_run_;
  if (!config_file_.empty()) request.config_file = absolute(config_file_);
  return Invocation(std::move(command));
}

}  // namespace melisai::cli
