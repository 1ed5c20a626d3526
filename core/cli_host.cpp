#include "core/cli_host.h"

#include <CLI/CLI.hpp>

#include "core/base/text.h"

namespace melisai::cli {
namespace {

constexpr const char* kStandardOutput = "-";
constexpr Milliseconds kDurationMin{1'000};
constexpr Milliseconds kDurationMax{3'600'000};
constexpr std::uint64_t kEventsMax = 100'000;
constexpr std::uint64_t kPidMax = 1 << 22;  // of 64-bit Linux

constexpr const char* kCollectFooter =
    "\nExamples:\n"
    "  melisai-gate collect --profile quick -o report.json\n"
    "  melisai-gate collect --explain -- make bench\n"
    "  melisai-gate collect --explain --pid 4711 --duration 20s\n"
    "  melisai-gate collect --profile deep --flame flame -o report.json -- make bench\n"
    "\nThe JSON report is compatible with melisai's schema 1.1.0; `melisai-gate compare OLD NEW`\n"
    "compares two of them.\n"
    "\nExit codes: 0 a report was written (also when a signal ended it early, or a collector or "
    "COMMAND\n"
    "failed: the report says so), 2 usage, 4 the command could not be started or the report not be "
    "written.";

constexpr const char* kMcpFooter =
    "\nA client starts it and speaks to it on standard input and output:\n"
    "  {\"mcpServers\": {\"melisai-gate\": {\"command\": \"melisai-gate\", \"args\": [\"mcp\"]}}}\n"
    "\nTools: get_health, collect_metrics, explain_anomaly, list_anomalies, explain_run; they only "
    "look.\n"
    "It ends when the client closes its standard input (Ctrl-D in a terminal), and with SIGINT or\n"
    "SIGTERM.\n"
    "\nExit codes: 0 the client or a signal ended it, 2 usage, 4 the streams cannot be used.";

}  // namespace

HostParser::HostParser(CLI::App& app) : app_(app) {
  add_collect();
  add_mcp();
}

void HostParser::add_collect() {
  CLI::App& collect = *app_.add_subcommand(
      "collect", "Watch this host, or one program, and report its health, anomalies and advice");
  collect
      .add_option("-p,--profile", profile_,
                  "quick (10s), standard (30s), deep (60s), or one of your own (default standard)")
      ->type_name("NAME");
  collect
      .add_option("--config", config_file_,
                  "Pipeline file whose collect.profiles are meant (default: .melisai-gate.yaml of "
                  "this directory, if it is there)")
      ->type_name("F");
  collect
      .add_option("-f,--focus", focus_,
                  "Tools of these categories only, such as network,disk or stacks; /proc is always "
                  "read")
      ->type_name("LIST");
  collect
      .add_option("--pid", pid_,
                  "Of processes and in tools, only this one and what it starts; not with a COMMAND")
      ->type_name("N");
  collect
      .add_option("--cgroup", cgroup_,
                  "Of processes, limits and in tools, only those of this cgroup")
      ->type_name("DIR");
  collect
      .add_option("--duration", duration_,
                  "Instead of the profile's; 1s to 1h; a COMMAND that still runs then is ended")
      ->type_name("T");
  collect.add_option("--max-events", max_events_, "Kept of one collector (default 1000)")
      ->type_name("N");
  collect.add_option("-o,--output", output_, "The JSON report; - for standard output (default)")
      ->type_name("FILE");
  collect
      .add_option("--flame", flame_,
                  "Write flame graphs and folded stacks of the tools profile and offcputime here "
                  "(--profile deep has both)")
      ->type_name("D");
  collect.add_flag("-q,--quiet", quiet_, "Nothing on standard error while it works");
  collect.add_flag(
      "--explain,--ai-prompt", explained_,
      "Print what a person or a language model needs; the JSON report only with -o FILE");
  add_plugin_dir_option(collect, plugin_dirs_);
  collect.add_option("COMMAND", command_,
                     "After --: watch this program as long as it runs, then end it: at --duration, "
                     "without one at the profile's timeout");
  collect.footer(kCollectFooter);
}

void HostParser::add_mcp() {
  CLI::App& mcp = *app_.add_subcommand(
      "mcp", "Serve host health and stored runs to AI assistants (Model Context Protocol)");
  add_state_dir_option(mcp, state_dir_);
  add_plugin_dir_option(mcp, plugin_dirs_);
  mcp.footer(kMcpFooter);
}

Result<host::ProfileChoice> HostParser::profile() const {
  const auto focus = host::parse_focus(focus_);
  if (!focus) return usage("--focus", focus.error().message);
  host::ProfileChoice choice{.name = profile_, .config_file = "", .focus = *focus};
  if (!config_file_.empty()) choice.config_file = absolute(config_file_);
  if (duration_.empty()) return choice;
  const Result<Milliseconds> duration = parse_duration(duration_);
  if (!duration) return usage("--duration", duration.error().message);
  if (*duration < kDurationMin || *duration > kDurationMax)
    return usage("--duration", in_quotes(duration_) + " is not between 1s and 1h");
  choice.duration = *duration;
  return choice;
}

Result<void> HostParser::check_combinations() const {
  if (!pid_.empty() && !command_.empty())
    return usage("--pid", "watches a process that runs, and " + in_quotes(command_.front()) +
                              " would be started; name one of the two");
  if (explained_ && output_ == kStandardOutput)
    return usage("--explain",
                 "its text goes to standard output, and so would the JSON report of '-o -'; leave "
                 "'-o -' away, or name a file with -o FILE");
  return {};
}

Result<Invocation> HostParser::collect() const {
  host::CollectCommand command;
  MELISAI_CHECK(check_combinations());
  MELISAI_TRY(command.profile, profile());
  MELISAI_TRY(const auto pid, number("--pid", pid_, 1, kPidMax));
  if (pid) command.request.pids = {static_cast<std::int64_t>(*pid)};
  if (!cgroup_.empty()) command.request.cgroups = {absolute(cgroup_)};
  MELISAI_TRY(const auto events, number("--max-events", max_events_, 1, kEventsMax));
  if (events) command.request.events_max = static_cast<int>(*events);
  for (const std::string& directory : plugin_dirs_)
    command.request.plugin_dirs.push_back(absolute(directory));
  command.request.command = command_;
  if (!command_.empty()) command.request.command_max = command.profile.duration;
  const bool to_file = !output_.empty() && output_ != kStandardOutput;
  command.output = to_file ? absolute(output_) : kStandardOutput;
  if (!flame_.empty()) command.flame = absolute(flame_);
  command.quiet = quiet_;
  command.explained = explained_;
  return Invocation(std::move(command));
}

Result<Invocation> HostParser::mcp(const EnvLookup& env) const {
  host::McpCommand command;
  MELISAI_TRY(command.state_dir, state_directory(state_dir_, env));
  for (const std::string& directory : plugin_dirs_)
    command.plugin_dirs.push_back(absolute(directory));
  return Invocation(std::move(command));
}

Result<std::optional<Invocation>> HostParser::make(const EnvLookup& env) const {
  const bool serves = app_.got_subcommand("mcp");
  if (!serves && !app_.got_subcommand("collect")) return std::optional<Invocation>();
  MELISAI_TRY(Invocation made, serves ? mcp(env) : collect());
  return std::optional<Invocation>(std::move(made));
}

}  // namespace melisai::cli
