#include "core/cli_tools.h"

#include <CLI/CLI.hpp>

#include "core/overrides.h"

namespace melisai::cli {
namespace {

std::string file_argument(const std::string& typed) {
  return typed == "-" || typed.empty() ? typed : absolute(typed);
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
  replay.add_option("--seed", typed_.seed, "Accepted for scripts; the rule draws nothing")
      ->type_name("N");
  replay.add_flag("--independent", independent_,
                  "Each series is a suite of its own; the exit code is 0");
  replay.add_option("--only", only_, "Only series whose name matches, such as '*/cpu_time'")
      ->type_name("GLOB");
  add_fail_on_option(replay, typed_);
  replay.add_flag("--json", typed_.display.json, "For programs");
}

void ToolsParser::add_selftest() {
  CLI::App& selftest = *app_.add_subcommand(
      "selftest",
      "Prove on this machine: equal programs stay green, a slowdown of the threshold turns red");
  CLI::Option* quick = selftest.add_flag("--quick", quick_, "At most a minute");
  selftest.add_option("--budget", typed_.budget, "Time in all (default 5m)")
      ->type_name("T")
      ->excludes(quick);
  add_rule_options(selftest, typed_);
  selftest.add_option("--seed", typed_.seed, "Reproduces order and CPU choices")->type_name("N");
  selftest.add_flag("--json", typed_.display.json, "For programs");
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
                  "Only runs of this branch, in the order of its commits (default: all runs, the "
                  "commits of what is checked out)")
      ->type_name("B");
  history.add_option("--project", project_, "Only runs of this project")->type_name("NAME");
  add_state_dir_option(history, typed_.state_dir);
  history.add_flag("--json", typed_.display.json, "For programs");
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
}

const CLI::App* ToolsParser::asked() const {
  for (const char* name : {"replay", "selftest", "history", "bisect"})
    if (app_.got_subcommand(name)) return app_.get_subcommand(name);
  return nullptr;
}

Result<std::optional<Invocation>> ToolsParser::make(const EnvLookup& env) const {
  const auto optional = [](Result<Invocation> made) -> Result<std::optional<Invocation>> {
    if (!made) return made.error();
    return std::optional<Invocation>(*std::move(made));
  };
  if (app_.got_subcommand("replay")) return optional(replay());
  if (app_.got_subcommand("selftest")) return optional(selftest());
  if (app_.got_subcommand("history")) return optional(history(env));
  if (app_.got_subcommand("bisect")) return optional(bisect(env));
  return std::optional<Invocation>();
}

Result<Invocation> ToolsParser::replay() const {
  ReplayRequest request{.file = file_argument(file_),
                        .policy = {},
                        .independent = independent_,
                        .json = typed_.display.json,
                        .only = only_};
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
  HistoryRequest request{.file = file_argument(file_),
                         .json = typed_.display.json,
                         .state_dir = "",
                         .directory = absolute(typed_.directory),
                         .benchmark = benchmark_,
                         .metric = metric_,
                         .branch = branch_,
                         .project = project_};
  if (file_.empty() == benchmark_.empty())
    return usage("history", "needs either a FILE or --benchmark GLOB");
  if (!file_.empty() && (!(metric_ + branch_ + project_ + typed_.state_dir).empty() ||
                         app_.get_subcommand("history")->count("-C") > 0))
    return usage("history",
                 "-C, --metric, --branch, --project and --state-dir go with --benchmark");
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
