#include "core/cli_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

namespace melisai::cli {

void add_state_dir_option(CLI::App& app, std::string& state_dir) {
  app.add_option("--state-dir", state_dir,
                 "Stored runs, builds and scratch space (default $XDG_STATE_HOME/melisai-gate)")
      ->type_name("D");
}

void add_wait_option(CLI::App& app, std::string& wait) {
  app.add_option("--wait", wait,
                 "Wait so long for another melisai-gate that uses the state directory (default 0s)")
      ->type_name("T");
}

void add_plugin_dir_option(CLI::App& app, std::vector<std::string>& directories) {
  app.add_option("--plugin-dir", directories, "Look for collectors here too; may be repeated")
      ->type_name("D")
      ->expected(1)
      ->check(CLI::ExistingDirectory)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

Result<Milliseconds> waiting_time(const std::string& text) {
  using namespace std::chrono_literals;
  if (text.empty()) return Milliseconds{0};
  const Result<Milliseconds> wait = parse_duration(text);
  if (!wait) return usage("--wait", wait.error().message);
  if (*wait > 24h * 7) return usage("--wait", "'" + text + "' is more than 7d");
  return *wait;
}

void add_rule_options(CLI::App& app, Typed& typed) {
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
}

void add_fail_on_option(CLI::App& app, Typed& typed) {
  app.add_option("--fail-on", typed.fail_on, "Which verdict fails the command (default regression)")
      ->type_name("regression|inconclusive|never");
}

void add_common_options(CLI::App& app, Typed& typed) {
  add_rule_options(app, typed);
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
  add_state_dir_option(app, typed.state_dir);
  add_wait_option(app, typed.wait);
  app.add_option("--collectors", typed.collectors,
                 "Watch the machine and profile each side once, after the pairs (default on)")
      ->type_name("on|off");
  app.add_option("--explain", typed.explain,
                 "Run what regressed again, to say why (default regressions)")
      ->type_name("regressions|off");
  app.add_option("--exact", typed.exact,
                 "Count instructions of short commands with valgrind (default auto)")
      ->type_name("auto|on|off");
  add_plugin_dir_option(app, typed.plugin_dirs);
  add_fail_on_option(app, typed);
  app.add_flag("--json", typed.display.json, "Print report.json instead of the table");
  app.add_flag("--quiet", typed.display.quiet, "No progress; print only the verdict");
  app.add_flag("--keep", typed.keep, "Keep checkouts and run outputs");
}

void describe(CLI::App& app, std::initializer_list<std::pair<const char*, const char*>> meanings) {
  for (const auto& [name, meaning] : meanings) app.get_option(name)->description(meaning);
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

namespace {

Result<std::optional<ExactMode>> exact_mode(const std::string& text) {
  if (text.empty()) return std::optional<ExactMode>();
  if (text == "auto") return std::optional(ExactMode::automatic);
  if (text == "on") return std::optional(ExactMode::on);
  if (text == "off") return std::optional(ExactMode::off);
  return usage("--exact", "'" + text + "' is not auto, on or off");
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
  if (!typed.health_profile.empty()) overrides.health_profile = typed.health_profile;
  if (typed.collectors == "on" || typed.collectors == "off")
    overrides.collectors = typed.collectors == "on";
  else if (!typed.collectors.empty())
    return usage("--collectors", "'" + typed.collectors + "' is not on or off");
  if (typed.explain == "regressions" || typed.explain == "off")
    overrides.explain = typed.explain == "regressions";
  else if (!typed.explain.empty())
    return usage("--explain", "'" + typed.explain + "' is not regressions or off");
  MELISAI_TRY(overrides.exact, exact_mode(typed.exact));
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

}  // namespace

Result<Overrides> read_overrides(const Typed& typed) {
  using namespace std::chrono_literals;
  Overrides overrides;
  MELISAI_TRY(overrides.threshold,
              fraction("--threshold", typed.threshold, kThresholdMin, kThresholdMax));
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

Result<std::string> state_directory(const std::string& typed, const EnvLookup& env) {
  if (!typed.empty()) return absolute(typed);
  if (const auto xdg = env("XDG_STATE_HOME"); xdg && xdg->starts_with('/'))
    return *xdg + "/melisai-gate";
  if (const auto home = env("HOME"); home && home->starts_with('/'))
    return *home + "/.local/state/melisai-gate";
  return usage("--state-dir", "neither XDG_STATE_HOME nor HOME is set; name a directory");
}

Result<void> fill(Request& request, const Typed& typed, const EnvLookup& env) {
  MELISAI_TRY(request.overrides, read_overrides(typed));
  MELISAI_TRY(request.seed, number("--seed", typed.seed, 0, kSeedMax));
  MELISAI_TRY(request.state_dir, state_directory(typed.state_dir, env));
  MELISAI_TRY(request.lock_wait, waiting_time(typed.wait));
  for (const std::string& directory : typed.plugin_dirs)
    request.plugin_dirs.push_back(absolute(directory));
  if (typed.output_dir.empty()) return usage("--output-dir", "is empty");
  request.output_dir = absolute(typed.output_dir);
  request.keep = typed.keep;
  return {};
}

}  // namespace melisai::cli
