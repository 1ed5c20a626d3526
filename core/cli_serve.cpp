#include "core/cli_serve.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "core/cli_options.h"

namespace melisai::cli {
namespace {

constexpr std::uint64_t kPullRequestMax = 999'999'999'999'999'999u;

struct OldOption {
  const char* option;
  const char* subcommand;
  const char* needless;  ///< of serve: takes a value, and means nothing there
};
constexpr OldOption kOldOptions[] = {{"--validate-config", "validate", "--state-dir"},
                                     {"--stop", "stop", "--config"}};
constexpr const char* kServe = "serve";
constexpr const char* kControlCommands[] = {"stop",    "status", "pause",   "resume",
                                            "trigger", "cancel", "approve", "restart-module"};

constexpr const char* kServeFooter =
    "\nEvery key of the file: config/serve.yaml. `melisai-gate stop` ends it, as SIGTERM does.\n"
    "`serve --stop` and `serve --validate-config` are `stop` and `validate`.\n"
    "\nExit codes: 0 stopped in order, 2 wrong configuration, 4 it could not start (another "
    "daemon\n"
    "works with that state directory, or the disk does not take a write).";
constexpr const char* kControlFooter =
    "\nExit codes: 0 done, 2 usage, or no daemon runs there, 4 the daemon could not do it.";
constexpr const char* kLogsFooter =
    "\nExit codes: 0, 2 no such run, 4 it could not be read or written, or (-f) no daemon is left\n"
    "that could end the run.";

constexpr const char* kValidateFooter =
    "\n`melisai-gate --validate-config [--config F]`, also after `serve`, is the same.\n"
    "\nWhat a valid file says without effect is printed as a remark.\n"
    "\nExit codes: 0 valid, 2 not valid or not there, 4 it could not be read.";

}  // namespace

static void drop(const std::string& option, std::vector<std::string>& arguments) {
  std::erase_if(arguments, [&](const std::string& word) { return word.starts_with(option + "="); });
  const auto found = std::find(arguments.begin(), arguments.end(), option);
  if (found == arguments.end()) return;
  const auto value = std::next(found);
  arguments.erase(found, value == arguments.end() ? value : std::next(value));
}

std::vector<std::string> without_old_options(std::vector<std::string> arguments) {
  const bool has_subcommand = !arguments.empty() && !arguments.front().starts_with('-');
  for (const OldOption& old : kOldOptions) {
    const auto option = std::find(arguments.begin(), arguments.end(), old.option);
    if (option == arguments.end()) continue;
    const bool of_serve = has_subcommand && arguments.front() == kServe;
    if (has_subcommand && !of_serve && arguments.front() != old.subcommand) return arguments;
    arguments.erase(option);
    if (of_serve) {
      arguments.erase(arguments.begin());
      drop(old.needless, arguments);
      std::erase(arguments, "--daemon");
    }
    if (of_serve || !has_subcommand) arguments.insert(arguments.begin(), old.subcommand);
    return arguments;
  }
  return arguments;
}

ServeParser::ServeParser(CLI::App& app) : app_(app) {
  add_validate();
  add_serve();
  add_control();
  add_logs();
  add_work();
}

CLI::App& ServeParser::add(const std::string& name, const std::string& what) {
  CLI::App& command = *app_.add_subcommand(name, what);
  add_state_dir_option(command, state_dir_);
  return command;
}

void ServeParser::add_validate() {
  CLI::App& validate = *app_.add_subcommand(
      "validate", "Check a pipeline file or a configuration of the daemon, and say what it holds");
  validate
      .add_option("--config", config_file_,
                  "The file; what it holds tells which kind it is (default .melisai-gate.yaml)")
      ->type_name("F");
  validate.add_option("FILE", file_, "The same")->excludes("--config");
  validate.footer(kValidateFooter);
}

void ServeParser::add_serve() {
  CLI::App& serve =
      add(kServe, "Watch repositories and run their pipelines on every commit and tag");
  serve.add_option("--config", config_file_, "The daemon's configuration")->type_name("F");
  serve.add_flag("--daemon", daemon_, "Go on in the background once it is ready");
  serve.footer(kServeFooter);
}

void ServeParser::add_control() {
  add("stop", "End the daemon; what runs is queued again").footer(kControlFooter);
  CLI::App& status = add("status", "What the daemon does, and how the newest runs ended");
  status.add_flag("--json", json_, "Print JSON");
  status.add_flag("--modules", modules_, "The state and health of its parts too");
  status.footer(kControlFooter);
  add_pause("pause", "Start no run until `resume`; what runs may end",
            "Only of this pipeline (default: of all)");
  add_pause("resume", "Start runs again",
            "Of this pipeline, which was paused by itself (default: what is not)")
      .add_flag("--all", all_, "Of pipelines that were paused by themselves too")
      ->excludes("NAME");
  CLI::App& trigger = add("trigger", "Run a pipeline, and what comes after it, by hand");
  trigger.add_option("NAME", pipeline_, "PIPELINE or PROJECT/PIPELINE")->required();
  trigger.add_option("--project", project_, "Its project; needed when there are several");
  trigger.add_option("--ref", ref_, "Branch or tag (default: the default branch)");
  trigger.add_option("--param", params_, "Becomes MELISAI_PARAM_<K> of its stages; repeatable")
      ->type_name("K=V")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  trigger.footer(kControlFooter);
  CLI::App& cancel = add("cancel", "End a run, and what comes after it");
  cancel.add_option("RUN", run_, "As `runs` shows it: build#12, demo/build#12")->required();
  cancel.footer(kControlFooter);
  CLI::App& approve = add("approve", "Let one head of a pull request of a fork run");
  approve.add_option("PROJECT", project_, "As `status` shows it")->required();
  approve.add_option("NUMBER", number_, "Of the pull request: 7, or '#7'")->required();
  approve.add_option("SHA", commit_, "The head that you have read, by all of its digits")
      ->required();
  approve.footer(kControlFooter);
  CLI::App& restart = add("restart-module", "Restart a part of the daemon and what depends on it");
  restart.add_option("ID", module_, "As `status --modules` shows it")->required();
  restart.footer(kControlFooter);
}

CLI::App& ServeParser::add_pause(const std::string& name, const std::string& what,
                                 const std::string& of_one) {
  CLI::App& command = add(name, what);
  CLI::Option* const pipeline = command.add_option("NAME", pipeline_, of_one);
  command.add_option("--project", project_, "Its project; needed when there are several")
      ->needs(pipeline);
  command.footer(kControlFooter);
  return command;
}

void ServeParser::add_logs() {
  CLI::App& logs = add("logs", "What the stages of a pipeline's run wrote");
  logs.add_option("RUN", run_, "As `runs` shows it: build#12, demo/build#12")->required();
  logs.add_flag("-f,--follow", follow_, "Go on until it has ended");
  logs.footer(kLogsFooter);
}

void ServeParser::add_work() {
  CLI::App& work = add("work", "One attempt of one run");
  work.group("");  // the daemon's own
  CLI::Option* const run = work.add_option("--run", run_);
  CLI::Option* const directory = work.add_option("--directory", directory_)->needs(run);
  run->needs(directory);
  work.add_option("--ready", ready_)->excludes(run);
  work.add_option("--workspace", workspace_)->required();
  work.add_option("--open-files", open_files_);
  work.add_option("--hidden", hidden_)->allow_extra_args(false);
}

Result<std::optional<Invocation>> ServeParser::make(const EnvLookup& env) const {
  const auto wrapped = [](Result<Invocation> made) -> Result<std::optional<Invocation>> {
    if (!made) return made.error();
    return std::optional(*std::move(made));
  };
  if (app_.got_subcommand("validate")) return wrapped(validate());
  for (const char* const name : kControlCommands) {
    if (!app_.got_subcommand(name)) continue;
    MELISAI_TRY(const std::string state_dir, state_directory(state_dir_, env));
    return wrapped(control(name, state_dir));
  }
  for (const char* const name : {"serve", "logs", "work"}) {
    if (!app_.got_subcommand(name)) continue;
    MELISAI_TRY(const std::string state_dir, state_directory(state_dir_, env));
    if (app_.got_subcommand("serve")) return wrapped(serve(state_dir));
    if (app_.got_subcommand("work")) return wrapped(work(state_dir));
    return std::optional<Invocation>(
        serve::LogsRequest{.state_dir = state_dir, .run = run_, .follow = follow_});
  }
  return std::optional<Invocation>();
}

Result<Invocation> ServeParser::validate() const {
  const CLI::App& validate = *app_.get_subcommand("validate");
  if (validate.count("--config") > 0 && config_file_.empty()) return usage("--config", "is empty");
  if (validate.count("FILE") > 0 && file_.empty()) return usage("FILE", "is empty");
  return Invocation(serve::ValidateRequest{.file = file_.empty() ? config_file_ : file_});
}

Result<Invocation> ServeParser::serve(const std::string& state_dir) const {
  if (config_file_.empty())
    return usage("--config", "names the daemon's configuration, and is needed");
  return Invocation(ServeCommand{
      .config_file = absolute(config_file_), .state_dir = state_dir, .daemon = daemon_});
}

Result<Invocation> ServeParser::control(const std::string& command,
                                        const std::string& state_dir) const {
  serve::ControlRequest request{.state_dir = state_dir,
                                .command = command,
                                .json = json_,
                                .modules = modules_,
                                .project = project_,
                                .pipeline = pipeline_,
                                .all = all_,
                                .ref = ref_,
                                .params = {},
                                .run = run_,
                                .module = module_,
                                .number = 0,
                                .commit = commit_};
  for (const std::string& param : params_) {
    const std::size_t sign = param.find('=');
    if (sign == std::string::npos || sign == 0)
      return usage("--param", "'" + param + "' is not NAME=VALUE");
    request.params[param.substr(0, sign)] = param.substr(sign + 1);
  }
  if (command == "approve") {
    // As people write it; the shell takes # for a comment only where no quotes are around it.
    const std::string digits = number_.starts_with('#') ? number_.substr(1) : number_;
    MELISAI_TRY(const auto number, cli::number("NUMBER", digits, 1, kPullRequestMax));
    if (!number) return usage("NUMBER", "is empty; write the number of the pull request");
    request.number = static_cast<std::int64_t>(*number);
  }
  return Invocation(std::move(request));
}

Result<Invocation> ServeParser::work(const std::string& state_dir) const {
  serve::WorkRequest request{.state_dir = state_dir,
                             .run = 0,
                             .directory = directory_,
                             .workspace = workspace_,
                             .open_files = open_files_,
                             .hidden = hidden_,
                             .ready = ready_};
  if (!ready_.empty()) return Invocation(request);
  const auto [end, error] = std::from_chars(run_.data(), run_.data() + run_.size(), request.run);
  if (error != std::errc() || end != run_.data() + run_.size())
    return usage("--run", "is not a number");
  return Invocation(request);
}

}  // namespace melisai::cli
