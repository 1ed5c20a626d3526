#include "core/cli_records.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "core/base/text.h"
#include "core/cli_options.h"
#include "core/cli_report.h"
#include "core/measure/formats/formats.h"

namespace melisai::cli {
namespace {

constexpr const char* kExitCodes =
    "\nExit codes: 0 done, 2 usage, or there is nothing by that name, 4 the store could not be "
    "read\n"
    "or written, or another melisai-gate was writing.";
constexpr const char* kPluginsExitCodes =
    "\nExit codes: 0 listed, also when nothing works here, 2 usage, 4 writing failed.";
constexpr const char* kDoctorExitCodes =
    "\nExit codes: 0 the gate has what it needs and nobody has to act, 2 usage, 3 somebody "
    "should,\n"
    "4 this machine does not let itself be looked at, or writing failed.";
constexpr std::size_t kReasonMax = 1'000;

Result<std::int64_t> id_of(const std::string& option, const std::string& text) {
  MELISAI_TRY(const auto id, number(option, text, 1, kNumberMax));
  if (!id) return usage(option, "needs the number that `list` shows");
  return static_cast<std::int64_t>(*id);
}

/// "2026-12-31", checked against the calendar.
Result<std::string> date(const std::string& option, const std::string& text) {
  const bool shaped =
      text.size() == 10 && text[4] == '-' && text[7] == '-' &&
      std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) == 8;
  if (shaped) {
    const auto part = [&](std::size_t at, std::size_t size) {
      return static_cast<unsigned>(std::stoi(text.substr(at, size)));
    };
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(part(0, 4))),
                                          std::chrono::month(part(5, 2)),
                                          std::chrono::day(part(8, 2))};
    if (day.ok()) return text;
  }
  return usage(option, in_quotes(text) + " is not a date such as 2026-12-31");
}

/// A date, or RFC 3339 in UTC with whole seconds. Errors: usage.
Result<std::string> moment(const std::string& option, const std::string& text) {
  constexpr std::string_view kMidnight = "T00:00:00Z";
  constexpr std::size_t kDateSize = 10;
  MELISAI_TRY(const std::string day, date(option, text.substr(0, kDateSize)));
  if (text.size() == kDateSize) return day + std::string(kMidnight);
  std::string shape = text.substr(kDateSize);
  std::replace_if(
      shape.begin(), shape.end(), [](char c) { return c >= '0' && c <= '9'; }, '0');
  const auto part = [&](std::size_t at) { return std::stoi(text.substr(kDateSize + at, 2)); };
  if (shape == kMidnight && part(1) < 24 && part(4) < 60 && part(7) < 60) return text;
  return usage(option, in_quotes(text) + " is not a time in UTC such as 2026-12-31T23:59:59Z");
}

}  // namespace

RecordsParser::RecordsParser(CLI::App& app) : app_(app) {
  add_plugins();
  add_doctor();
  add_runs();
  add_baseline();
  add_ack();
  add_import();
}

void RecordsParser::add_plugins() {
  CLI::App& plugins =
      *app_.add_subcommand("plugins", "List the collectors that are found, and what they yield");
  plugins.add_flag("--json", json_, "Print JSON");
  add_plugin_dir_option(plugins, plugin_dirs_);
  plugins.footer(kPluginsExitCodes);
}

void RecordsParser::add_doctor() {
  CLI::App& doctor = *app_.add_subcommand(
      "doctor",
      "Say which collectors work here, whether this machine is fit for benchmarks, why "
      "not, and what to do");
  doctor.alias("capabilities");
  CLI::Option* json = doctor.add_flag("--json", json_, "Print JSON, commands included");
  doctor
      .add_flag("--fix-commands", fix_commands_,
                "Print only the commands that would help on this distribution; runs none")
      ->excludes(json);
  add_plugin_dir_option(doctor, plugin_dirs_);
  doctor.footer(kDoctorExitCodes);
}

CLI::App& RecordsParser::add(const std::string& name, const std::string& help) {
  CLI::App& command = *app_.add_subcommand(name, help);
  add_state_dir_option(command, state_dir_);
  command.footer(kExitCodes);
  return command;
}

void RecordsParser::add_runs() {
  CLI::App& runs = add("runs", "List the stored runs, newest first, or print one run's pairs");
  runs.add_option("--project", project_, "Only of this project")->type_name("NAME");
  runs.add_option("--pipeline", pipeline_,
                  "Runs of PIPELINE or PROJECT/PIPELINE in the daemon's queue")
      ->type_name("NAME");
  runs.add_option("--limit", limit_, "At most so many (default 50)")->type_name("N");
  runs.add_option("--pairs", pairs_, "Every pair of a run as JSON lines, for `replay`")
      ->type_name("RUN");
  runs.add_flag("--json", json_, "Print JSON");

  CLI::App& show = add("show", "Everything about one stored run");
  show.add_option("RUN", run_, "Its number, its name as `runs` shows it, or 'last'")->required();
  show.add_flag("--json", json_, "Print JSON");

  CLI::App& report = add("report", "The report of a run again, for people or for a program");
  report
      .add_option("RUN", run_,
                  "Its number, its name as `runs` shows it, 'last', or a report.json or the "
                  "directory of one, such as melisai-report")
      ->required();
  report
      .add_option("--format", format_,
                  "Default terminal; junit is XML, github what `publish` comments, badge is SVG")
      ->type_name(report_formats("|"));

  CLI::App& explain = add("explain", "Why the benchmarks of a stored run got slower");
  explain.add_option("RUN", run_, "Its number, or 'last' (the default)");
  CLI::Option* json = explain.add_flag("--json", json_, "Print JSON");
  explain.add_flag("--flame", flame_, "Print only the paths of its flame graphs")->excludes(json);

  CLI::App& gc = add("gc", "Remove old runs and their logs; what a baseline names stays");
  gc.add_option("--keep", keep_, "The newest N runs, or those younger than a duration such as 30d")
      ->type_name("N|T")
      ->required();
  add_wait_option(gc, wait_);
}

void RecordsParser::add_baseline() {
  CLI::App& baseline =
      *app_.add_subcommand("baseline", "Which run `check --base last-green` means");
  baseline.require_subcommand(1);
  baseline.footer(kExitCodes);  // its own commands take it over
  CLI::App& list = *baseline.add_subcommand("list", "All of them");
  list.add_option("--project", project_, "Only of this project")->type_name("NAME");
  list.add_flag("--json", json_, "Print JSON");
  CLI::App& set = *baseline.add_subcommand("set", "Pin a run; green runs no longer move it");
  set.add_option("RUN", run_, "Its number, its name as `runs` shows it, or 'last'")->required();
  set.add_option("--branch", branch_, "For this branch (default: the run's own)")->type_name("B");
  add_wait_option(set, wait_);
  CLI::App& remove = *baseline.add_subcommand("rm", "Forget one");
  remove.add_option("ID", id_, "The number that `baseline list` shows")->required();
  add_wait_option(remove, wait_);
  for (CLI::App* command : {&list, &set, &remove}) add_state_dir_option(*command, state_dir_);
}

void RecordsParser::add_ack() {
  CLI::App& ack = add("ack", "Accept a slowdown until a date: it is reported, but no longer red");
  ack.add_option("BENCHMARK", benchmark_, "Full name, or a pattern such as 'parse/*'");
  ack.add_option("METRIC", metric_, "Name or pattern, such as wall_time or '*'");
  ack.add_option("--until", until_, "The last day it holds, UTC")->type_name("YYYY-MM-DD");
  ack.add_option("--reason", reason_, "Why; shown in every report")->type_name("TEXT");
  ack.add_option("--up-to", up_to_, "Not above this slowdown (default: any)")->type_name("P");
  ack.add_option("--project", project_, "Default: the project of -C")->type_name("NAME");
  ack.add_option("-C", directory_, "The repository (default: the current directory)")
      ->type_name("DIR");
  ack.add_flag("--list", list_, "Show what is acknowledged instead");
  ack.add_option("--rm", id_, "Take one back instead, by the number that --list shows")
      ->type_name("ID");
  ack.add_flag("--json", json_, "With --list: print JSON");
  add_wait_option(ack, wait_);
}

void RecordsParser::add_import() {
  CLI::App& history = *app_.get_subcommand("history");
  CLI::App& import = *history.add_subcommand(
      "import", "Store what other tools measured at earlier commits, for `history` alone");
  import
      .add_option("FILE", file_,
                  "data.js of github-action-benchmark, or a result file of one commit; - for "
                  "standard input")
      ->required();
  import
      .add_option("--commit", commit_,
                  "Full hash of the commit that the file was measured at, if it does not say")
      ->type_name("SHA");
  import.add_option("--date", date_, "When, with --commit, UTC (default now)")
      ->type_name("YYYY-MM-DD[THH:MM:SSZ]");
  import
      .add_option("--format", result_format_,
                  "What the file is (default auto; `melisai-gate formats` lists them)")
      ->type_name("F");
  import.add_option("--branch", branch_, "Branch of the commits (default: not known)")
      ->type_name("B");
  import.add_option("--project", project_, "Default: the project of -C")->type_name("NAME");
  import.add_option("-C", directory_, "The repository (default: the current directory)")
      ->type_name("DIR");
  add_state_dir_option(import, state_dir_);
  add_wait_option(import, wait_);
}

std::vector<std::string> RecordsParser::plugin_dirs() const {
  std::vector<std::string> directories;
  for (const std::string& directory : plugin_dirs_) directories.push_back(absolute(directory));
  return directories;
}

Result<std::optional<Invocation>> RecordsParser::make(const EnvLookup& env) const {
  if (app_.got_subcommand("plugins")) {
    return std::optional<Invocation>(PluginsCommand{.plugin_dirs = plugin_dirs(), .json = json_});
  }
  if (app_.got_subcommand("doctor")) {
    return std::optional<Invocation>(
        DoctorCommand{.plugin_dirs = plugin_dirs(), .json = json_, .fix_commands = fix_commands_});
  }
  MELISAI_TRY(std::optional<RecordsRequest> wanted, request());
  if (!wanted) return std::optional<Invocation>();
  RecordsCommand command{.state_dir = "",
                         .lock_wait = {},
                         .directory = absolute(directory_),
                         .request = *std::move(wanted)};
  const auto* const print = std::get_if<PrintReport>(&command.request);
  if (print == nullptr || print->path.empty()) {
    MELISAI_TRY(command.state_dir, state_directory(state_dir_, env));
  }
  MELISAI_TRY(command.lock_wait, waiting_time(wait_));
  return std::optional<Invocation>(std::move(command));
}

Result<std::optional<RecordsRequest>> RecordsParser::request() const {
  const auto optional = [](Result<RecordsRequest> made) -> Result<std::optional<RecordsRequest>> {
    if (!made) return made.error();
    return std::optional<RecordsRequest>(*std::move(made));
  };
  if (app_.got_subcommand("runs")) return optional(list_or_pairs());
  if (app_.got_subcommand("show")) {
    MELISAI_TRY(const RunName run, run_name("show", run_));
    return std::optional<RecordsRequest>(ShowRun{.run = run, .json = json_});
  }
  if (app_.got_subcommand("explain")) {
    MELISAI_TRY(const RunName run, run_name("explain", run_.empty() ? "last" : run_));
    return std::optional<RecordsRequest>(ExplainRun{.run = run, .json = json_, .flame = flame_});
  }
  if (app_.got_subcommand("report")) return optional(report_request());
  if (app_.got_subcommand("gc")) return optional(gc_request());
  if (app_.got_subcommand("baseline")) return optional(baseline_request());
  if (app_.got_subcommand("ack")) return optional(ack_request());
  if (app_.got_subcommand("history")) return optional(import_request());
  return std::optional<RecordsRequest>();
}

Result<RecordsRequest> RecordsParser::list_or_pairs() const {
  if (!pairs_.empty()) {
    MELISAI_TRY(const RunName run, run_name("--pairs", pairs_));
    return RecordsRequest(PrintPairs{run});
  }
  MELISAI_TRY(const auto limit, number("--limit", limit_, 1, 1'000'000));
  return RecordsRequest(ListRuns{.project = project_,
                                 .pipeline = pipeline_,
                                 .limit = static_cast<std::size_t>(limit.value_or(50)),
                                 .json = json_,
                                 .is_named = !state_dir_.empty()});
}

Result<RecordsRequest> RecordsParser::report_request() const {
  MELISAI_TRY(PrintReport print, read_report_request(run_, format_));
  return RecordsRequest(std::move(print));
}

Result<RecordsRequest> RecordsParser::gc_request() const {
  store::Retention retention;
  if (keep_.find_first_not_of("0123456789") == std::string::npos) {
    MELISAI_TRY(const auto runs, number("--keep", keep_, 0, 1'000'000'000));
    retention.runs_max = static_cast<std::size_t>(runs.value_or(0));
    if (!runs) return usage("--keep", "needs a number of runs or a duration");
  } else {
    const Result<Milliseconds> age = parse_duration(keep_);
    if (!age)
      return usage("--keep", in_quotes(keep_) +
                                 " is neither a number of runs, such as 100, nor a "
                                 "duration, such as 90d");
    retention.age_max = *age;
  }
  return RecordsRequest(CollectGarbage{retention});
}

Result<RecordsRequest> RecordsParser::baseline_request() const {
  const CLI::App& baseline = *app_.get_subcommand("baseline");
  if (baseline.got_subcommand("list"))
    return RecordsRequest(ListBaselines{.project = project_, .json = json_});
  if (baseline.got_subcommand("rm")) {
    MELISAI_TRY(const std::int64_t id, id_of("baseline rm", id_));
    return RecordsRequest(RemoveBaseline{id});
  }
  MELISAI_TRY(const RunName run, run_name("baseline set", run_));
  return RecordsRequest(SetBaseline{.run = run, .branch = branch_});
}

Result<RecordsRequest> RecordsParser::ack_request() const {
  if (list_ && (!id_.empty() || !benchmark_.empty()))
    return usage("--list", "shows what is acknowledged and takes nothing else but --project");
  if (list_) return RecordsRequest(ListAcknowledgements{.project = project_, .json = json_});
  if (!id_.empty()) {
    if (!benchmark_.empty()) return usage("--rm", "takes one number and nothing else");
    MELISAI_TRY(const std::int64_t id, id_of("--rm", id_));
    return RecordsRequest(RemoveAcknowledgement{id});
  }
  if (benchmark_.empty() || metric_.empty() || until_.empty() || reason_.empty())
    return usage("ack",
                 "needs BENCHMARK METRIC --until YYYY-MM-DD --reason TEXT (or --list, or --rm ID)");
  if (reason_.size() > kReasonMax) return usage("--reason", "is longer than 1000 bytes");
  Acknowledge ack{.project = project_, .what = {}};
  ack.what.benchmark = benchmark_;
  ack.what.metric = metric_;
  ack.what.reason = reason_;
  MELISAI_TRY(ack.what.until, date("--until", until_));
  MELISAI_TRY(ack.what.up_to, fraction("--up-to", up_to_, 0.001, 100));
  return RecordsRequest(std::move(ack));
}

Result<RecordsRequest> RecordsParser::import_request() const {
  if (file_.empty()) return usage("FILE", "is empty");
  ImportHistory request{.file = file_,
                        .project = project_,
                        .directory = absolute(directory_),
                        .branch = branch_,
                        .commit = commit_,
                        .date = ""};
  request.format.name = result_format_;
  if (const std::string problem = formats::problem_of(request.format); !problem.empty())
    return usage("--format", problem);
  if (!date_.empty()) {
    MELISAI_TRY(request.date, moment("--date", date_));
  }
  return RecordsRequest(std::move(request));
}

}  // namespace melisai::cli
