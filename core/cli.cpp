#include "core/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "core/version.h"

namespace melisai {
namespace {

constexpr const char* kExitCodes =
    "\nExit codes: 0 pass, 1 regression, 2 usage or configuration, 3 inconclusive (only with\n"
    "--fail-on inconclusive), 4 could not measure (build, test, git, benchmark, disk, interrupt).";

/// Options as typed; turned into a Request after CLI11 is done.
struct Typed {
  std::string directory = ".";
  std::string threshold, false_alarm, miss, max_pairs, budget, pin, seed, fail_on, cgroup;
  std::string output_dir = "melisai-report";
  std::string state_dir;
  bool keep = false;
  Display display;
};

void add_common_options(CLI::App& app, Typed& typed) {
  app.add_option("--threshold", typed.threshold,
                 "Smallest slowdown of time worth stopping for (default 5%)")
      ->type_name("P");
  app.add_option("--false-alarm", typed.false_alarm,
                 "Probability of a wrong red, for the whole suite (default 1%)")
      ->type_name("P");
  app.add_option("--miss", typed.miss,
                 "Probability of missing a slowdown of the threshold (default 5%)")
      ->type_name("P");
  app.add_option("--max-pairs", typed.max_pairs,
                 "Pairs per benchmark, confirmation included (default 60)")
      ->type_name("N");
  app.add_option("--budget", typed.budget, "Measuring time of the whole suite (default 10m)")
      ->type_name("T");
  app.add_option("--pin", typed.pin,
                 "CPU placement: auto, off, or a list such as 0,2-3 (default auto)")
      ->type_name("auto|off|LIST");
  app.add_option("--cgroup", typed.cgroup,
                 "Run workloads in a cgroup of their own where possible (default auto)")
      ->type_name("auto|off");
  app.add_option("--seed", typed.seed, "Reproduce order and placement of an earlier run")
      ->type_name("N");
  app.add_option("--output-dir", typed.output_dir,
                 "Where report.json, report.md and logs go (default melisai-report)")
      ->type_name("D");
  app.add_option("--state-dir", typed.state_dir,
                 "Builds and scratch space (default $XDG_STATE_HOME/melisai-gate)")
      ->type_name("D");
  app.add_option("--fail-on", typed.fail_on, "Which verdict fails the command (default regression)")
      ->type_name("regression|inconclusive|never");
  app.add_flag("--json", typed.display.json, "Print report.json instead of the table");
  app.add_flag("--quiet", typed.display.quiet, "No progress; print only the verdict");
  app.add_flag("--keep", typed.keep, "Keep checkouts and run outputs");
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path full = std::filesystem::absolute(path, error);
  const std::string text = error ? path : full.lexically_normal().native();
  return text.size() > 1 && text.back() == '/' ? text.substr(0, text.size() - 1) : text;
}

Error usage(const std::string& option, const std::string& what) {
  return {Errc::usage, option + ": " + what};
}

Result<std::optional<double>> fraction(const std::string& option, const std::string& text,
                                       double min, double max) {
  if (text.empty()) return std::optional<double>();
  const Result<double> value = parse_fraction(text);
  if (!value) return usage(option, value.error().message);
  if (*value < min || *value > max)
    return usage(option, "'" + text + "' is out of range; allowed is " +
                             CLI::detail::to_string(min * 100) + "% to " +
                             CLI::detail::to_string(max * 100) + "%");
  return std::optional<double>(*value);
}

Result<std::optional<std::uint64_t>> number(const std::string& option, const std::string& text,
                                            std::uint64_t min, std::uint64_t max) {
  if (text.empty()) return std::optional<std::uint64_t>();
  const bool digits = text.size() <= 18 && std::all_of(text.begin(), text.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
  const std::uint64_t value = digits ? std::stoull(text) : 0;
  if (!digits || value < min || value > max)
    return usage(option, "'" + text + "' is not a whole number from " + std::to_string(min) +
                             " to " + std::to_string(max));
  return std::optional<std::uint64_t>(value);
}

Result<void> read_choices(const Typed& typed, Overrides& overrides) {
  if (!typed.pin.empty()) {
    const Result<Pinning> pin = run::parse_pinning(typed.pin);
    if (!pin) return usage("--pin", pin.error().message);
    overrides.pin = *pin;
  }
  if (typed.cgroup == "off")
    overrides.cgroup = CgroupMode::off;
  else if (typed.cgroup == "auto")
    overrides.cgroup = CgroupMode::automatic;
  else if (!typed.cgroup.empty())
    return usage("--cgroup", "'" + typed.cgroup + "' is not auto or off");
  if (typed.fail_on == "regression")
    overrides.fail_on = FailOn::regression;
  else if (typed.fail_on == "inconclusive")
    overrides.fail_on = FailOn::inconclusive;
  else if (typed.fail_on == "never")
    overrides.fail_on = FailOn::never;
  else if (!typed.fail_on.empty())
    return usage("--fail-on", "'" + typed.fail_on + "' is not regression, inconclusive or never");
  return {};
}

Result<Overrides> read_overrides(const Typed& typed) {
  using namespace std::chrono_literals;
  Overrides overrides;
  MELISAI_TRY(overrides.threshold, fraction("--threshold", typed.threshold, 0.001, 10));
  MELISAI_TRY(overrides.false_alarm, fraction("--false-alarm", typed.false_alarm, 0.0001, 0.5));
  MELISAI_TRY(overrides.miss, fraction("--miss", typed.miss, 0.0001, 0.5));
  MELISAI_TRY(const auto max_pairs, number("--max-pairs", typed.max_pairs, 4, 10'000));
  if (max_pairs) overrides.max_pairs = static_cast<int>(*max_pairs);
  if (!typed.budget.empty()) {
    const Result<Milliseconds> budget = parse_duration(typed.budget);
    if (!budget) return usage("--budget", budget.error().message);
    if (*budget < 1s || *budget > 24h * 7)
      return usage("--budget", "'" + typed.budget + "' is out of range; allowed is 1s to 7d");
    overrides.budget = *budget;
  }
  MELISAI_CHECK(read_choices(typed, overrides));
  return overrides;
}

Result<std::string> state_directory(const Typed& typed, const EnvLookup& env) {
  if (!typed.state_dir.empty()) return absolute(typed.state_dir);
  if (const auto xdg = env("XDG_STATE_HOME"); xdg && xdg->starts_with('/'))
    return *xdg + "/melisai-gate";
  if (const auto home = env("HOME"); home && home->starts_with('/'))
    return *home + "/.local/state/melisai-gate";
  return usage("--state-dir", "neither XDG_STATE_HOME nor HOME is set; name a directory");
}

Result<void> fill(Request& request, const Typed& typed, const EnvLookup& env) {
  MELISAI_TRY(request.overrides, read_overrides(typed));
  MELISAI_TRY(request.seed, number("--seed", typed.seed, 0, 999'999'999'999'999'999u));
  MELISAI_TRY(request.state_dir, state_directory(typed, env));
  if (typed.output_dir.empty()) return usage("--output-dir", "is empty");
  request.output_dir = absolute(typed.output_dir);
  request.keep = typed.keep;
  return {};
}

/// One word is a shell line, several are a program with its arguments.
RunLine run_line(const std::vector<std::string>& words) {
  if (words.size() == 1) return {.shell = words.front(), .argv = {}};
  return {.shell = "", .argv = words};
}

/// Takes `-- CMD_A -- CMD_B` off the end of ab's arguments. Errors: usage.
Result<void> split_commands(std::vector<std::string>& arguments, AbRequest& request) {
  const auto first = std::find(arguments.begin(), arguments.end(), "--");
  const auto second =
      first == arguments.end() ? first : std::find(first + 1, arguments.end(), "--");
  if (second == arguments.end() || first + 1 == second || second + 1 == arguments.end())
    return Error{Errc::usage, "ab needs two commands: melisai-gate ab [options] -- CMD_A -- CMD_B"};
  request.base = run_line({first + 1, second});
  request.head = run_line({second + 1, arguments.end()});
  arguments.erase(first, arguments.end());
  return {};
}

Answer wrong(const std::string& message) {
  return {"melisai-gate: " + message + "\nRun melisai-gate --help for the options.\n", 2};
}

class Parser {
 public:
  explicit Parser(const EnvLookup& env) : env_(env) {
    app_.require_subcommand(1);
    app_.option_defaults()->multi_option_policy(
        CLI::MultiOptionPolicy::TakeLast);  // wrappers append
    app_.set_version_flag("--version", std::string("melisai-gate ") + kVersion);
    app_.footer(kExitCodes);
    add_check();
    add_ab();
  }

  Invocation parse(std::vector<std::string> arguments) {
    const bool is_ab = !arguments.empty() && arguments.front() == "ab";
    const bool wants_help =
        std::find(arguments.begin(), std::find(arguments.begin(), arguments.end(), "--"),
                  "--help") != std::find(arguments.begin(), arguments.end(), "--");
    if (is_ab && !wants_help)
      if (const auto split = split_commands(arguments, ab_request_); !split)
        return wrong(split.error().message);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes its arguments from the back
    try {
      app_.parse(arguments);
    } catch (const CLI::Success&) {
      return answer_of_success();
    } catch (const CLI::ParseError& error) {
      return wrong(error.what());
    }
    return app_.got_subcommand("ab") ? make_ab() : make_check();
  }

 private:
  void add_check() {
    CLI::App& check = *app_.add_subcommand(
        "check", "Compare two commits: build both, test head, measure pairs, judge, report");
    check.add_option("-C", typed_.directory, "The repository (default: the current directory)")
        ->type_name("DIR");
    check
        .add_option("--config", config_file_,
                    "Pipeline file instead of .melisai-gate.yaml of the head commit")
        ->type_name("F");
    check
        .add_option("--base", check_request_.base,
                    "Commit to compare with (default: merge base with the default branch)")
        ->type_name("REF");
    check
        .add_option(
            "--head", check_request_.head,
            "Commit to judge, or WORKTREE for HEAD with your uncommitted changes (default HEAD)")
        ->type_name("REF|WORKTREE");
    check
        .add_option("--build", check_request_.commands.build,
                    "Build command; with --bench, replaces the pipeline file")
        ->type_name("CMD");
    check.add_option("--test", check_request_.commands.test, "Test command, run on head")
        ->type_name("CMD");
    check
        .add_option("--bench", check_request_.commands.bench, "Command to measure; may be repeated")
        ->type_name("CMD")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    check
        .add_option("--only", check_request_.only,
                    "Only benchmarks whose name matches, e.g. 'parse/*'")
        ->type_name("GLOB");
    add_common_options(check, typed_);
    check.footer(kExitCodes);
  }

  void add_ab() {
    CLI::App& ab = *app_.add_subcommand(
        "ab", "Compare two commands, without git: melisai-gate ab [options] -- CMD_A -- CMD_B");
    ab.add_option("-C", typed_.directory, "Where both run (default: the current directory)")
        ->type_name("DIR");
    ab.add_option("--format", format_,
                  "What the commands report (default command: the process itself is measured)")
        ->type_name("command|google-benchmark");
    add_common_options(ab, typed_);
    ab.footer(
        std::string("\nOne word is run by /bin/sh, several are a program with its arguments:\n"
                    "  melisai-gate ab -- 'gzip -6 < data' -- 'gzip -9 < data'\n") +
        kExitCodes);
  }

  Answer answer_of_success() {
    for (const char* name : {"check", "ab"})
      if (app_.got_subcommand(name)) return {app_.get_subcommand(name)->help("melisai-gate"), 0};
    const bool version = app_.get_option("--version")->count() > 0;
    return {version ? std::string("melisai-gate ") + kVersion + "\n" : app_.help(), 0};
  }

  Invocation make_check() {
    if (const auto filled = fill(check_request_, typed_, env_); !filled)
      return wrong(filled.error().message);
    if (check_request_.head.empty()) return wrong("--head: is empty");
    check_request_.directory = absolute(typed_.directory);
    if (!config_file_.empty()) check_request_.config_file = absolute(config_file_);
    if (check_request_.commands.any() && check_request_.commands.bench.empty())
      return wrong("--build and --test need at least one --bench CMD");
    return CheckCommand{check_request_, typed_.display};
  }

  Invocation make_ab() {
    if (const auto filled = fill(ab_request_, typed_, env_); !filled)
      return wrong(filled.error().message);
    ab_request_.directory = absolute(typed_.directory);
    if (format_ == "google-benchmark")
      ab_request_.format = Format::google_benchmark;
    else if (format_ != "command")
      return wrong("--format: '" + format_ + "' is not command or google-benchmark");
    return AbCommand{ab_request_, typed_.display};
  }

  const EnvLookup& env_;
  CLI::App app_{
      "melisai-gate tells whether a change made your program slower, and is right about it.",
      "melisai-gate"};
  Typed typed_;
  CheckRequest check_request_;
  AbRequest ab_request_;
  std::string config_file_;
  std::string format_ = "command";
};

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments, const EnvLookup& env) {
  return Parser(env).parse(arguments);
}

}  // namespace melisai
