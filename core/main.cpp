// melisai-gate: builds the parts and wires them; what they do together is in orchestrator.cpp.
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "core/base/log.h"
#include "core/base/output.h"
#include "core/cli.h"
#include "core/doctor/doctor.h"
#include "core/main_outside.h"
#include "core/project_name.h"
#include "core/report/report.h"
#include "core/serve/serve.h"

namespace melisai {
namespace {

bool print(std::FILE* stream, std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         std::fflush(stream) == 0;
}

bool print_part(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
}

int show(const Outcome& outcome, const Display& display) {
  std::string text;
  if (display.json)
    text = to_json(outcome.report);
  else if (display.quiet)
    text = std::string(to_string(outcome.report.verdict)) + ": " + outcome.report.reason + "\n";
  else
    text = report::render_terminal(outcome.report, style_of(STDOUT_FILENO));
  print(stdout, text);
  return exit_code(outcome.report, outcome.fail_on);
}

int exit_code_of(const Error& error) {
  switch (error.code) {
    case Errc::usage:
    case Errc::config:
    case Errc::not_found: return 2;
    default: return 4;
  }
}

int failed(const Error& error) {
  if (error != cannot_print()) log_error(error.message);
  return exit_code_of(error);
}

int run(const CheckCommand& command, World& world) {
  return show(check(command.request, world), command.display);
}

int run(const AbCommand& command, World& world) {
  return show(compare(command.request, world), command.display);
}

int run(const BisectCommand& command, World& world) {
  return bisect(command.request, command.display, world, print_part);
}

/// Exit code of a command that answers with one. A file that cannot be read as what it should be is
/// the user's mistake here.
int ended(const Result<int>& code) {
  if (code) return *code;
  const int failure = failed(code.error());
  return code.error().code == Errc::parse || code.error().code == Errc::limit ? 2 : failure;
}

/// Likewise, of one that answers with what it printed.
int ended_printing(const Result<void>& printed) {
  return ended(printed ? Result<int>(0) : Result<int>(printed.error()));
}

int run(const CompareCommand& command, World& world) {
  const CompareRequest& request = command.request;
  const bool is_base_host = host::is_report(request.base);
  const bool is_head_host = host::is_report(request.head);
  if (is_base_host != is_head_host)
    return ended(is_base_host ? host::no_pair(request.base, request.head)
                              : host::no_pair(request.head, request.base));
  if (is_base_host && !command.benchmark_option.empty())
    return ended(host::not_for_reports(command.benchmark_option));
  if (is_base_host)
    return ended(host::compare({.baseline = request.base,
                                .current = request.head,
                                .json = command.display.json,
                                .fail_on = request.overrides.fail_on},
                               print_part));
  return show(compare_files(command.request, world), command.display);
}

int run(const ReplayRequest& request, World&) { return ended(replay(request, print_part)); }

int run(const ParseRequest& request, World&) {
  return ended_printing(parse_file(request, print_part));
}

int run(const FormatsRequest& request, World&) {
  print(stdout, formats_text(request));
  return 0;
}

int run(const SelftestRequest& request, World& world) {
  return ended(selftest(request, world, print_part));
}

int run(const HistoryRequest& request, World& world) {
  const auto open_repo = [&](const std::string& directory) {
    return world.open_repo(directory, GitOptions{});
  };
  return ended_printing(history(request, open_repo, print_part));
}

int run(const serve::ValidateRequest& request, World& world) {
  return ended(serve::validate(request, world.env, print_part));
}

int run(const serve::ControlRequest& request, World&) {
  return ended(serve::control(request, print_part));
}

int run(const api::TokenRequest& request, World& world) {
  return ended(api::tokens(request, world.clock, print_part,
                           [](const std::string& sentence) { print(stderr, sentence + "\n"); }));
}

int run(const init::InitRequest& request, World&) {
  return ended_printing(init::init(request, print_part));
}

int run(serve::LogsRequest request, World& world) {
  request.for_terminal = isatty(STDOUT_FILENO) == 1;
  return ended(serve::logs(request, print_part, world.interrupted));
}

int run(const serve::WorkRequest& request, World& world) {
  return ended(serve::work(request, world));
}

int run_daemon(const ServeCommand& command, Outside& outside) {
  const auto body = [&] {
    return ended(serve::serve({.config_file = command.config_file,
                               .state_dir = command.state_dir,
                               .detached = command.daemon},
                              outside.serve_world()));
  };
  return command.daemon ? ended(serve::detach(command.state_dir, body)) : body();
}

int run_publishing(const publish::Request& request, Outside& outside) {
  publish::Command command = outside.publishing();
  command.print = print_part;
  command.complain = [](const std::string& sentence) { log_error(sentence); };
  return ended(publish::run(request, command));
}

int run(const host::CollectCommand& command, World& world) {
  return ended(host::run(command, world, print_part));
}

int run(const host::McpCommand& command, World& world) {
  return ended(host::serve(command, world));
}

collect::PluginPlaces places_with(const std::vector<std::string>& directories, World& world) {
  collect::PluginPlaces places = world.plugins;
  places.directories.insert(places.directories.end(), directories.begin(), directories.end());
  return places;
}

int run(const PluginsCommand& command, World& world) {
  const collect::PluginPlaces places = places_with(command.plugin_dirs, world);
  collect::Collectors collectors(places, {}, world.clock);
  collectors.load();
  const std::vector<CollectorResult> found = collectors.results();
  std::string where;
  for (const std::string& directory : places.directories) where += " " + directory;
  print(stdout, command.json     ? to_json(found)
                : !found.empty() ? report::render_collectors(found)
                                 : "no collector found in" + where + "\n");
  return 0;
}

int run(const DoctorCommand& command, World& world) {
  Result<doctor::Facts> facts = doctor::read_facts(doctor::live_sources());
  if (!facts) return ended(facts.error());
  const collect::PluginPlaces places = places_with(command.plugin_dirs, world);
  collect::Collectors collectors(places, {}, world.clock);
  collectors.load();
  facts->collectors = collectors.results();
  facts->plugin_directories = places.directories;
  facts->bpf_worker = collect::find_bpf_worker(places);
  if (const Result<std::string> exec = find_helper("melisai-gate-exec"))
    facts->sandbox = doctor::try_sandbox(*exec, world.env("PATH").value_or(""), world.processes);
  const doctor::Diagnosis diagnosis = doctor::findings_of(*facts);
  print(stdout, command.json           ? doctor::to_json(*facts, diagnosis)
                : command.fix_commands ? doctor::fix_commands(*facts, diagnosis)
                                       : doctor::render(*facts, diagnosis));
  return diagnosis.fit() ? 0 : 3;
}

/// The project that the request is about and does not name; null when it names one or needs none.
std::string* missing_project(RecordsRequest& request) {
  std::string* project = nullptr;
  if (auto* ack = std::get_if<Acknowledge>(&request)) project = &ack->project;
  if (auto* import = std::get_if<ImportHistory>(&request)) project = &import->project;
  return project != nullptr && project->empty() ? project : nullptr;
}

/// Those of the daemon, if it ever worked there. True when there is nothing below them: no check
/// was stored, or only a pipeline's runs were asked for.
Result<bool> list_pipeline_runs(const ListRuns& list, const std::string& state_dir) {
  if (list.pipeline.empty() && !serve::has_queue(state_dir)) return false;
  MELISAI_CHECK(serve::pipeline_runs({.state_dir = state_dir,
                                      .project = list.project,
                                      .pipeline = list.pipeline,
                                      .limit = list.limit,
                                      .json = list.json},
                                     print_part));
  const bool is_all = list.json || !list.pipeline.empty();  // one document, or all there is
  if (is_all || access((state_dir + "/store.db").c_str(), F_OK) != 0) return true;
  print_part("\n");
  return false;
}

/// The run that the request is about; null when there is none.
RunName* named_run(RecordsRequest& request) {
  const auto find = [](auto& each) -> RunName* {
    if constexpr (requires { each.run; })
      return &each.run;
    else
      return nullptr;
  };
  return std::visit(find, request);
}

/// Puts the number in the store for the name of a run of the daemon. True when there is nothing
/// left to do: it was shown, and the store knows nothing of it.
Result<bool> find_pipeline_run(RecordsRequest& request, const std::string& state_dir) {
  RunName* const name = named_run(request);
  if (name == nullptr || name->of_daemon.empty()) return false;
  const auto* const show = std::get_if<ShowRun>(&request);
  if (show == nullptr) {
    MELISAI_TRY(name->id, serve::stored_run(name->of_daemon, state_dir));
    return false;
  }
  MELISAI_TRY(name->id, serve::show_pipeline_run(
                            {.state_dir = state_dir, .run = name->of_daemon, .json = show->json},
                            print_part));
  if (!name->id) return true;
  print_part("\n");
  return false;
}

int run(RecordsCommand command, World& world) {
  if (std::string* project = missing_project(command.request)) {
    Result<std::string> name = project_name(command.directory, world);
    if (!name) {
      name.error().message += "; or name the project with --project";
      return failed(name.error());
    }
    *project = *std::move(name);
  }
  if (const auto* list = std::get_if<ListRuns>(&command.request)) {
    const Result<bool> all = list_pipeline_runs(*list, command.state_dir);
    if (!all) return failed(all.error());
    if (*all) return 0;
  }
  const Result<bool> shown = find_pipeline_run(command.request, command.state_dir);
  if (!shown) return failed(shown.error());
  if (*shown) return 0;
  const Result<void> answered =
      answer(command.request, {.state_dir = command.state_dir,
                               .lock_wait = command.lock_wait,
                               .clock = world.clock,
                               .interrupted = world.interrupted,
                               .print = print_part,
                               .note = [](const std::string& sentence) { log_warning(sentence); }});
  return answered ? 0 : failed(answered.error());
}

/// Told before there is a world.
int run(const Answer&, World&) { return 4; }
int run(const WorkloadCommand&, World&) { return 4; }
int run(const ServeCommand&, World&) { return 4; }
int run(const publish::Request&, World&) { return 4; }

bool is_quiet(const Invocation& invocation) {
  if (const auto* check = std::get_if<CheckCommand>(&invocation)) return check->display.quiet;
  if (const auto* ab = std::get_if<AbCommand>(&invocation)) return ab->display.quiet;
  if (const auto* compared = std::get_if<CompareCommand>(&invocation))
    return compared->display.quiet;
  if (const auto* bisection = std::get_if<BisectCommand>(&invocation))
    return bisection->display.quiet;
  return true;
}

int run_command_line(const std::vector<std::string>& arguments) {
  const Invocation invocation = parse_command_line(arguments, environment_variable);
  if (const auto* answer = std::get_if<Answer>(&invocation)) {
    print(answer->exit_code == 0 ? stdout : stderr, answer->text);
    return answer->exit_code;
  }
  if (const auto* work = std::get_if<WorkloadCommand>(&invocation))
    return selftest_workload(work->arguments);
  const Result<std::unique_ptr<Outside>> outside = Outside::make(is_quiet(invocation));
  if (!outside) {
    log_error(outside.error().message);
    return 4;
  }
  if (const auto* daemon = std::get_if<ServeCommand>(&invocation))
    return run_daemon(*daemon, **outside);
  if (const auto* publishing = std::get_if<publish::Request>(&invocation))
    return run_publishing(*publishing, **outside);
  if (std::holds_alternative<serve::WorkRequest>(invocation)) (*outside)->expect_git();
  World world = (*outside)->world();
  return std::visit([&](const auto& command) { return run(command, world); }, invocation);
}

/// The code that the program ends with: a result that nobody got is none, whatever printed it.
int told(int code) {
  if (std::ferror(stdout) == 0 && std::fflush(stdout) == 0) return code;
  log_error(cannot_print().message);
  return code == 0 ? 4 : code;
}

}  // namespace
}  // namespace melisai

int main(int argc, char** argv) {
  try {
    return melisai::told(melisai::run_command_line({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    melisai::log_error(std::string("unexpected: ") + error.what() +
                       ". This is a defect; please report it.");
    return 4;
  }
}
