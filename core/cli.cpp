#include "core/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "core/cli_formats.h"
#include "core/cli_host.h"
#include "core/cli_init.h"
#include "core/cli_mistakes.h"
#include "core/cli_options.h"
#include "core/cli_publish.h"
#include "core/cli_records.h"
#include "core/cli_serve.h"
#include "core/cli_token.h"
#include "core/cli_tools.h"
#include "core/measure/formats/formats.h"
#include "core/version.h"

namespace melisai {
namespace {

constexpr const char* kExitCodes =
    "\nExit codes: 0 pass, 1 regression, 2 usage or configuration, 3 cannot tell, 4 could not\n"
    "measure; what each means for a subcommand is in its own --help.";
constexpr const char* kCheckExitCodes =
    "\nExit codes: 0 pass (also inconclusive, unless --fail-on inconclusive), 1 regression "
    "(unless\n"
    "--fail-on never), 2 usage or configuration, 3 inconclusive (with --fail-on inconclusive),\n"
    "4 could not measure (build, test, git, baseline, benchmark, disk, interrupt).";
constexpr const char* kAbFooter =
    "\nOne word is run by /bin/sh, several are a program with its arguments:\n"
    "  melisai-gate ab -- 'gzip -6 < data' -- 'gzip -9 < data'\n"
    "\nExit codes: 0 pass (also inconclusive, unless --fail-on inconclusive), 1 CMD_B is slower\n"
    "(unless --fail-on never), 2 usage, 3 inconclusive (with --fail-on inconclusive), 4 could not\n"
    "measure (a command failed, disk, interrupt).";

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
    return Error{
        Errc::usage,
        "ab needs two commands, each after a --: melisai-gate ab [options] -- CMD_A -- CMD_B"};
  request.base = run_line({first + 1, second});
  request.head = run_line({second + 1, arguments.end()});
  arguments.erase(first, arguments.end());
  return {};
}

std::string version_text() {
  return std::string("melisai-gate ") + kVersion + " (commit " + kCommit + ", plugin ABI " +
         kPluginAbi + ")";
}

class Parser {
 public:
  explicit Parser(const EnvLookup& env) : env_(env) {
    app_.require_subcommand(1);
    app_.option_defaults()->multi_option_policy(
        CLI::MultiOptionPolicy::TakeLast);  // wrappers append
    app_.set_version_flag("--version", version_text());
    app_.footer(kExitCodes);
    add_check();
    add_ab();
    formats_.emplace(app_);
    tools_.emplace(app_);
    host_.emplace(app_);
    records_.emplace(app_);
    serve_.emplace(app_);
    token_.emplace(app_);
    publish_.emplace(app_);
    init_.emplace(app_);
  }

  Invocation parse(std::vector<std::string> arguments) {
    const cli::Named named = cli::named_by(arguments, app_);
    path_ = named.path;
    if (!named.mistake.empty()) return wrong(named.mistake);
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
      return answer_of_success(*named.command);
    } catch (const CLI::ParseError& error) {
      const std::string unexpected = cli::unexpected(*named.command);
      return wrong(unexpected.empty() ? error.what() : unexpected);
    }
    if (app_.got_subcommand("ab")) return make_ab();
    if (app_.got_subcommand("check")) return make_check();
    const Result<std::optional<Invocation>> of_daemon = serve_->make(env_);
    if (!of_daemon) return wrong(of_daemon.error().message);
    if (*of_daemon) return **of_daemon;
    const Result<std::optional<Invocation>> of_tokens = token_->make(env_);
    if (!of_tokens) return wrong(of_tokens.error().message);
    if (*of_tokens) return **of_tokens;
    const Result<std::optional<Invocation>> publishing = publish_->make();
    if (!publishing) return wrong(publishing.error().message);
    if (*publishing) return **publishing;
    const Result<std::optional<Invocation>> of_init = init_->make();
    if (!of_init) return wrong(of_init.error().message);
    if (*of_init) return **of_init;
    const Result<std::optional<Invocation>> of_files = formats_->make();
    if (!of_files) return wrong(of_files.error().message);
    if (*of_files) return **of_files;
    const Result<std::optional<Invocation>> of_host = host_->make(env_);
    if (!of_host) return wrong(of_host.error().message);
    if (*of_host) return **of_host;
    const Result<std::optional<Invocation>> tool = tools_->make(env_);
    if (!tool) return wrong(tool.error().message);
    if (*tool) return **tool;
    const Result<std::optional<Invocation>> made = records_->make(env_);
    if (!made) return wrong(made.error().message);
    MELISAI_ASSERT(made->has_value());
    return **made;
  }

 private:
  Answer wrong(const std::string& message) const {
    return {"melisai-gate: " + message + "\nRun " + path_ + " --help for the options.\n", 2};
  }

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
        .add_option("--base", base_,
                    "What to compare with: merge-base (with the default branch, the default), "
                    "last-green (run of this branch), tag:GLOB (the nearest), run:ID, or a commit")
        ->type_name("B");
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
        .add_option("--branch", check_request_.branch,
                    "Branch that head stands for (default: the one checked out)")
        ->type_name("NAME");
    check
        .add_option("--profile", typed_.health_profile,
                    "How long the host is watched beside each side, after the pairs: none, quick, "
                    "standard, deep, or one of the pipeline file (default quick: 8 runs of 10s)")
        ->type_name("NAME");
    check.add_flag("--untrusted", untrusted_,
                   "Code of strangers: this run never becomes a baseline");
    check
        .add_option("--only", check_request_.only,
                    "Only benchmarks whose name matches, e.g. 'parse/*'")
        ->type_name("GLOB");
    cli::add_common_options(check, typed_);
    check.footer(kCheckExitCodes);
  }

  void add_ab() {
    CLI::App& ab = *app_.add_subcommand(
        "ab", "Compare two commands, without git: melisai-gate ab [options] -- CMD_A -- CMD_B");
    ab.add_option("-C", typed_.directory, "Where both run (default: the current directory)")
        ->type_name("DIR");
    ab.add_option(
          "--format", format_,
          "What the commands report (default command: the process itself is measured; auto, or "
          "one that `melisai-gate formats` lists)")
        ->type_name("F");
    cli::add_common_options(ab, typed_);
    cli::describe(ab,
                  {{"--false-alarm", "Probability of a wrong red, over all metrics (default 1%)"},
                   {"--max-pairs", "Runs of each command, confirmation included (default 60)"},
                   {"--budget", "Measuring time in all (default 10m)"},
                   {"--output-dir", "Where report.json and report.md go (default melisai-report)"},
                   {"--keep", "Keep the outputs of the runs, and say where"}});
    ab.footer(kAbFooter);
  }

  Answer answer_of_success(const CLI::App& command) const {
    if (app_.get_option("--version")->count() > 0) return {version_text() + "\n", 0};
    const std::size_t name = path_.rfind(' ');  // help() writes the last one itself
    return {command.help(name == std::string::npos ? "" : path_.substr(0, name)), 0};
  }

  Invocation make_check() {
    if (const auto filled = cli::fill(check_request_, typed_, env_); !filled)
      return wrong(filled.error().message);
    if (check_request_.head.empty()) return wrong("--head: is empty");
    const Result<BaseChoice> base = parse_base_choice(base_);
    if (!base) return wrong(base.error().message);
    check_request_.base = *base;
    check_request_.trusted = !untrusted_;
    check_request_.directory = cli::absolute(typed_.directory);
    if (!config_file_.empty()) check_request_.config_file = cli::absolute(config_file_);
    if (check_request_.commands.any() && check_request_.commands.bench.empty())
      return wrong("--build and --test need at least one --bench CMD");
    return CheckCommand{check_request_, typed_.display};
  }

  Invocation make_ab() {
    if (const auto filled = cli::fill(ab_request_, typed_, env_); !filled)
      return wrong(filled.error().message);
    ab_request_.directory = cli::absolute(typed_.directory);
    ab_request_.format.name = format_;
    if (const std::string problem = formats::problem_of(ab_request_.format); !problem.empty())
      return wrong("--format: " + problem);
    return AbCommand{ab_request_, typed_.display};
  }

  const EnvLookup& env_;
  CLI::App app_{
      "melisai-gate tells whether a change made your program slower, and is right about it.",
      "melisai-gate"};
  cli::Typed typed_;
  CheckRequest check_request_;
  AbRequest ab_request_;
  std::string path_;  ///< the program and its subcommand, as typed
  std::string config_file_;
  std::string base_;
  bool untrusted_ = false;
  std::optional<cli::FormatsParser> formats_;
  std::optional<cli::HostParser> host_;
  std::optional<cli::ToolsParser> tools_;
  std::optional<cli::RecordsParser> records_;
  std::optional<cli::ServeParser> serve_;
  std::optional<cli::TokenParser> token_;
  std::optional<cli::PublishParser> publish_;
  std::optional<cli::InitParser> init_;
  std::string format_ = "command";
};

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments, const EnvLookup& env) {
  // Not for people, and on the clock: no parser is built.
  if (!arguments.empty() && arguments.front() == "selftest-workload")
    return WorkloadCommand{{arguments.begin() + 1, arguments.end()}};
  return Parser(env).parse(cli::without_old_options(arguments));
}

}  // namespace melisai
