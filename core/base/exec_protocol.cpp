#include "core/base/exec_protocol.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/text.h"

namespace melisai {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kStageExec = "exec";
constexpr std::string_view kStageInterpreter = "interpreter";

std::string path_of(const Command& command) {
  for (const std::string& variable : command.env) {
    if (variable.starts_with("PATH=")) return variable.substr(5);
  }
  return "/bin:/usr/bin";  // what melisai-gate-exec falls back to
}

Error exec_failure(int number, const Command& command) {
  const std::string& program = command.argv.front();
  const std::string start = "cannot start " + in_quotes(program) + ": ";
  if (number == ENOENT && program.find('/') == std::string::npos) {
    return {Errc::not_found, start + "there is no such program in PATH=" + path_of(command) +
                                 "; install it or give its path"};
  }
  if (number == ENOENT) {
    return {Errc::not_found, start + "no such file, seen from " + command.cwd};
  }
  if (number == EACCES) {
    return {Errc::config, start + "permission denied; is it executable (chmod +x)?"};
  }
  if (number == ENOEXEC) {
    return {Errc::config,
            start + "not a program for this machine; a script needs a first line like #!/bin/sh"};
  }
  if (number == E2BIG) {
    return {Errc::process, start + "its arguments and environment are too long for the system"};
  }
  return {Errc::process, start + std::strerror(number)};
}

// `stage` is where melisai-gate-exec stopped.
Error failure(std::string_view stage, int number, const Command& command) {
  const std::string start = "cannot start " + in_quotes(command.argv.front()) + ": ";
  if (stage == kStageExec) return exec_failure(number, command);
  if (stage == kStageInterpreter) {
    return {
        Errc::not_found,
        start + "it exists, but the interpreter in its first line or its dynamic loader does not"};
  }
  if (stage == "cwd") {
    Error error = error_from_errno(number, start + "working directory " + command.cwd);
    if (error.code != Errc::not_found) error.code = Errc::process;
    return error;
  }
  if (stage == "stdin") return error_from_errno(number, start + "its input " + command.stdin_file);
  if (stage == "stdout" || stage == "stderr") {
    const std::string& file = stage == "stdout" ? command.stdout_file : command.stderr_file;
    Error error = error_from_errno(number, "cannot write the output file " + file);
    if (error.code == Errc::not_found) error.code = Errc::io;
    return error;
  }
  if (stage == "affinity") {
    return {Errc::process, start + "cannot use the CPUs asked for: " + std::strerror(number) +
                               "; are they online and allowed here (taskset -p $$)?"};
  }
  if (stage == "hold") {
    return {Errc::process, start + "what observes it was not ready in time; run again"};
  }
  if (stage == "sandbox") {
    return {Errc::process,
            start + "the sandbox could not be made; bubblewrap says why in " + command.stderr_file};
  }
  if (stage == "kill") {
    return {Errc::process, in_quotes(command.argv.front()) +
                               " or a process that it started cannot be killed; it hangs in the "
                               "kernel (state D in ps)"};
  }
  return {Errc::process, start + std::string(stage) + ": " + std::strerror(number)};
}

std::int64_t number_in(const Json& line, const char* key) {
  const Json& value = line.at(key);
  if (!value.is_number_integer()) throw std::invalid_argument(key);
  return value.get<std::int64_t>();
}

std::optional<std::int64_t> known_number_in(const Json& line, const char* key) {
  if (!line.contains(key)) return std::nullopt;
  return number_in(line, key);
}

int small_number_in(const Json& line, const char* key) {
  const std::int64_t value = number_in(line, key);
  if (value < 0 || value > std::numeric_limits<int>::max()) throw std::invalid_argument(key);
  return static_cast<int>(value);
}

Exit::End parse_end(const std::string& name) {
  if (name == "exited") return Exit::End::exited;
  if (name == "signalled") return Exit::End::signalled;
  if (name == "timed_out") return Exit::End::timed_out;
  if (name == "interrupted") return Exit::End::interrupted;
  throw std::invalid_argument(name);
}

Enforced parse_enforced(const Json& line, const char* key) {
  if (!line.contains(key)) return Enforced::not_asked;
  const std::string how = line.at(key).get<std::string>();
  if (how == "cgroup") return Enforced::by_cgroup;
  if (how == "namespace") return Enforced::by_namespace;
  if (how == "process") return Enforced::per_process;
  if (how == "no") return Enforced::no;
  throw std::invalid_argument(how);
}

Exit parse_exit(const Json& line) {
  Exit exit;
  exit.end = parse_end(line.at("end").get<std::string>());
  exit.code = small_number_in(line, "code");
  Usage& usage = exit.usage;
  usage.wall_time_ns = number_in(line, "wall_time_ns");
  usage.cpu_time_ns = number_in(line, "cpu_time_ns");
  usage.peak_rss_bytes = number_in(line, "peak_rss_bytes");
  usage.minor_faults = number_in(line, "minor_faults");
  usage.major_faults = number_in(line, "major_faults");
  usage.voluntary_switches = number_in(line, "voluntary_switches");
  usage.involuntary_switches = number_in(line, "involuntary_switches");
  usage.rchar_bytes = known_number_in(line, "rchar_bytes");
  usage.wchar_bytes = known_number_in(line, "wchar_bytes");
  usage.read_bytes = known_number_in(line, "read_bytes");
  usage.write_bytes = known_number_in(line, "write_bytes");
  usage.run_delay_ns = known_number_in(line, "run_delay_ns");
  if (line.contains("tasks_max")) usage.tasks_max = small_number_in(line, "tasks_max");
  exit.output_dropped = static_cast<Bytes>(number_in(line, "output_dropped"));
  exit.stray_processes = small_number_in(line, "stray_processes");
  exit.in_cgroup = line.at("in_cgroup").get<bool>();
  exit.memory_limit = parse_enforced(line, "memory_limit");
  exit.cpu_limit = parse_enforced(line, "cpu_limit");
  exit.memory_exceeded = line.value("memory_exceeded", false);
  exit.processes_limit = parse_enforced(line, "processes_limit");
  exit.processes_exceeded = line.value("processes_exceeded", false);
  return exit;
}

void read_line(const Json& line, const Command& command, ExecReport& report) {
  if (line.contains("error")) {
    const Json& error = line.at("error");
    report.error =
        failure(error.at("stage").get<std::string>(), small_number_in(error, "errno"), command);
  } else if (line.contains("end")) {
    report.exit = parse_exit(line);
    report.output_errno = small_number_in(line, "output_errno");
  } else if (line.contains("ended")) {
    report.ended = true;
  } else {
    ExecStarted started{.pid = small_number_in(line, "pid"),
                        .cgroup = line.at("cgroup").get<std::string>(),
                        .limits = {}};
    for (const char* key : {"memory_cgroup", "cpu_cgroup", "processes_cgroup"})
      if (line.contains(key)) started.limits.push_back(line.at(key).get<std::string>());
    report.started = std::move(started);
  }
}

std::string cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (const int cpu : cpus) {
    if (!text.empty()) text += ',';
    text += std::to_string(cpu);
  }
  return text;
}

void add_limits(const TreeLimits& limits, std::vector<std::string>& arguments) {
  const auto add = [&](const char* option, std::uint64_t value) {
    if (value != 0) arguments.insert(arguments.end(), {option, std::to_string(value)});
  };
  add("--memory-max", limits.memory_max);
  if (limits.cpus_max > 0)
    add("--cpu-milli", static_cast<std::uint64_t>(std::llround(limits.cpus_max * 1000)));
  add("--processes-max", static_cast<std::uint64_t>(limits.processes_max));
  add("--file-size-max", limits.file_size_max);
  add("--open-files-max", static_cast<std::uint64_t>(limits.open_files_max));
  if (limits.per_process) arguments.push_back("--limit-processes");
}

}  // namespace

std::vector<std::string> exec_arguments(const Command& command, ExecStart start, bool mask) {
  std::vector<std::string> arguments{
      "--stdout",     command.stdout_file,
      "--stderr",     command.stderr_file,
      "--output-max", std::to_string(command.output_max),
      "--timeout-ms", std::to_string(command.timeout.count()),
      "--grace-ms",   std::to_string(command.grace.count()),
      "--cgroup",     command.cgroup == CgroupMode::off ? "off" : "auto",
      "--cwd",        command.sandbox.empty() ? command.cwd : "/"};
  if (!command.cpus.empty()) {
    arguments.insert(arguments.end(), {"--cpus", cpu_list(command.cpus)});
  }
  add_limits(command.limits, arguments);
  if (start == ExecStart::held) arguments.push_back("--hold");
  if (mask) arguments.push_back("--mask");
  if (command.count_tasks) arguments.push_back("--count-tasks");
  if (!command.stdin_file.empty())
    arguments.insert(arguments.end(), {"--stdin", command.stdin_file});
  if (!command.sandbox.empty()) {
    arguments.insert(arguments.end(), {"--sandbox", "--"});
    arguments.insert(arguments.end(), command.sandbox.begin(), command.sandbox.end());
    arguments.insert(arguments.end(), {"--", kInsideProgram, "--inside", "--cwd", command.cwd});
    if (command.limits.processes_max != 0)
      arguments.insert(arguments.end(),
                       {"--processes-max", std::to_string(command.limits.processes_max)});
  }
  arguments.push_back("--");
  arguments.insert(arguments.end(), command.argv.begin(), command.argv.end());
  return arguments;
}

ExecReport parse_exec_report(std::string_view text, const Command& command) {
  ExecReport report;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;  // cut
    try {
      read_line(Json::parse(text.substr(0, end)), command, report);
    } catch (const std::exception&) {
      return ExecReport{.started = report.started, .ended = report.ended};
    }
    text.remove_prefix(end + 1);
  }
  return report;
}

}  // namespace melisai
