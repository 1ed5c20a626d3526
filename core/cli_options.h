// Options as typed on the command line, and what they mean. Private to the command line (cli.h).
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cli.h"

namespace CLI {
class App;
}

namespace melisai::cli {

constexpr std::uint64_t kSeedMax = 999'999'999'999'999'999u;

/// Options of the commands that compare; turned into a Request after CLI11 is done.
struct Typed {
  std::string directory = ".";
  std::string threshold, false_alarm, miss, max_pairs, budget, pin, seed, fail_on, cgroup, wait,
      collectors, health_profile, explain, exact;
  std::string output_dir = "melisai-report";
  std::string state_dir;
  std::vector<std::string> plugin_dirs;
  bool keep = false;
  Display display;
};

/// What a decision rule takes: threshold, error rates, pairs.
void add_rule_options(CLI::App& app, Typed& typed);
void add_fail_on_option(CLI::App& app, Typed& typed);
/// As `check` means them.
void add_common_options(CLI::App& app, Typed& typed);
/// What options mean to another command, by their names.
void describe(CLI::App& app, std::initializer_list<std::pair<const char*, const char*>> meanings);
void add_state_dir_option(CLI::App& app, std::string& state_dir);
void add_wait_option(CLI::App& app, std::string& wait);
void add_plugin_dir_option(CLI::App& app, std::vector<std::string>& directories);

/// Errors of everything below: usage, with the option's name in front.
Result<Overrides> read_overrides(const Typed& typed);
Result<void> fill(Request& request, const Typed& typed, const EnvLookup& env);
Result<std::string> state_directory(const std::string& typed, const EnvLookup& env);
Result<std::optional<double>> fraction(const std::string& option, const std::string& text,
                                       double min, double max);
/// Whole decimal numbers; at most 18 digits.
Result<std::optional<std::uint64_t>> number(const std::string& option, const std::string& text,
                                            std::uint64_t min, std::uint64_t max);
Result<Milliseconds> waiting_time(const std::string& text);

std::string absolute(const std::string& path);
Error usage(const std::string& option, const std::string& what);

}  // namespace melisai::cli
