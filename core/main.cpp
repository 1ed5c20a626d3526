// melisai-gate: builds the parts and wires them; what they do together is in orchestrator.cpp.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "core/base/log.h"
#include "core/cli.h"
#include "core/report/report.h"

namespace melisai {
namespace {

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool print(std::FILE* stream, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stream) == text.size() &&
         std::fflush(stream) == 0;
}

report::TerminalStyle style_of(int fd) {
  const bool no_color = !environment_variable("NO_COLOR").value_or("").empty();
  return {.color =
              isatty(fd) == 1 && !no_color && environment_variable("TERM").value_or("") != "dumb"};
}

int show(const Outcome& outcome, const Display& display) {
  std::string text;
  if (display.json)
    text = to_json(outcome.report);
  else if (display.quiet)
    text = std::string(to_string(outcome.report.verdict)) + ": " + outcome.report.reason + "\n";
  else
    text = report::render_terminal(outcome.report, style_of(STDOUT_FILENO));
  const int code = exit_code(outcome.report, outcome.fail_on);
  if (print(stdout, text)) return code;
  log_error("the result could not be written to standard output");
  return code == 0 ? 4 : code;
}

/// Runs `compare` with everything that touches the outside world, built here and nowhere else.
template <class Compare>
int with_world(const Display& display, Compare compare) {
  const Interrupt interrupt;
  const SystemClock clock;
  const Result<std::string> exec = find_helper("melisai-gate-exec");
  const Result<std::string> git = find_helper("melisai-gate-git");
  for (const auto* helper : {&exec, &git})
    if (!*helper) {
      log_error(helper->error().message);
      return 4;
    }
  const auto processes = make_process_runner(*exec, interrupt);
  SilentProgress silent;
  const auto progress = report::make_terminal_progress(stderr, isatty(STDERR_FILENO) == 1,
                                                       style_of(STDERR_FILENO), clock);
  World world{.clock = clock,
              .processes = *processes,
              .progress = display.quiet ? static_cast<ProgressSink&>(silent) : *progress,
              .env = environment_variable,
              .open_repo = [&](const std::string& directory, const GitOptions& options) {
                return make_git_repo(*git, directory, options, interrupt);
              }};
  return show(compare(world), display);
}

int run_command_line(const std::vector<std::string>& arguments) {
  const Invocation invocation = parse_command_line(arguments, environment_variable);
  if (const auto* answer = std::get_if<Answer>(&invocation)) {
    print(answer->exit_code == 0 ? stdout : stderr, answer->text);
    return answer->exit_code;
  }
  if (const auto* command = std::get_if<CheckCommand>(&invocation))
    return with_world(command->display,
                      [&](World& world) { return melisai::check(command->request, world); });
  const AbCommand& command = std::get<AbCommand>(invocation);
  return with_world(command.display,
                    [&](World& world) { return melisai::compare(command.request, world); });
}

}  // namespace
}  // namespace melisai

int main(int argc, char** argv) {
  try {
    return melisai::run_command_line({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    melisai::log_error(std::string("unexpected: ") + error.what() +
                       ". This is a defect; please report it.");
    return 4;
  }
}
