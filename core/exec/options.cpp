#include "core/exec/options.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace melisai::exec {
namespace {

constexpr std::int64_t kTimeMaxMs = 366LL * 24 * 3600 * 1000;
constexpr std::int64_t kCpuMilliMax = 1'000'000'000;
constexpr std::int64_t kCountMax = 1'000'000'000;

bool parse_number(const char* text, std::int64_t max, std::int64_t& value) {
  char* end = nullptr;
  errno = 0;
  value = std::strtoll(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && value >= 0 && value <= max;
}

// "0,2,5"
bool parse_cpus(const char* text, cpu_set_t& cpus) {
  CPU_ZERO(&cpus);
  for (const char* at = text;;) {
    char* end = nullptr;
    errno = 0;
    const long cpu = std::strtol(at, &end, 10);
    if (errno != 0 || end == at || cpu < 0 || cpu >= CPU_SETSIZE) return false;
    CPU_SET(static_cast<std::size_t>(cpu), &cpus);
    if (*end == '\0') return true;
    if (*end != ',') return false;
    at = end + 1;
  }
}

bool parse_flag(const char* name, Options& options) {
  if (std::strcmp(name, "--count-tasks") == 0) {
    options.count_tasks = true;
  } else if (std::strcmp(name, "--hold") == 0) {
    options.hold = true;
  } else if (std::strcmp(name, "--limit-processes") == 0) {
    options.limits.per_process = true;
  } else if (std::strcmp(name, "--mask") == 0) {
    options.mask = true;
  } else if (std::strcmp(name, "--sandbox") == 0) {
    options.sandbox = true;
    options.limits.in_namespace = true;
  } else if (std::strcmp(name, "--inside") == 0) {
    options.inside = true;
  } else {
    return false;
  }
  return true;
}

bool is_limit(const char* name) {
  for (const char* each :
       {"--memory-max", "--cpu-milli", "--processes-max", "--file-size-max", "--open-files-max"})
    if (std::strcmp(name, each) == 0) return true;
  return false;
}

const char* parse_limit(const char* name, const char* value, LimitOptions& limits) {
  std::int64_t number = 0;
  if (std::strcmp(name, "--memory-max") == 0) {
    if (!parse_number(value, INT64_MAX, number)) return "--memory-max needs a number of bytes";
    limits.memory_max = static_cast<std::uint64_t>(number);
  } else if (std::strcmp(name, "--file-size-max") == 0) {
    if (!parse_number(value, INT64_MAX, number)) return "--file-size-max needs a number of bytes";
    limits.file_size_max = static_cast<std::uint64_t>(number);
  } else if (std::strcmp(name, "--processes-max") == 0) {
    if (!parse_number(value, kCountMax, limits.processes_max))
      return "--processes-max needs a number of processes";
  } else if (std::strcmp(name, "--open-files-max") == 0) {
    if (!parse_number(value, kCountMax, limits.open_files_max))
      return "--open-files-max needs a number of files";
  } else if (!parse_number(value, kCpuMilliMax, limits.cpu_milli)) {
    return "--cpu-milli needs thousandths of a CPU";
  }
  return nullptr;
}

const char* parse_value(const char* name, const char* value, Options& options) {
  std::int64_t number = 0;
  if (std::strcmp(name, "--stdin") == 0) {
    options.stdin_file = value;
  } else if (std::strcmp(name, "--stdout") == 0) {
    options.stdout_file = value;
  } else if (std::strcmp(name, "--stderr") == 0) {
    options.stderr_file = value;
  } else if (std::strcmp(name, "--output-max") == 0) {
    if (!parse_number(value, INT64_MAX, number)) return "--output-max needs a number of bytes";
    options.output_max = static_cast<std::uint64_t>(number);
  } else if (std::strcmp(name, "--timeout-ms") == 0) {
    if (!parse_number(value, kTimeMaxMs, options.timeout_ms)) return "--timeout-ms: 0 to 366 days";
  } else if (std::strcmp(name, "--grace-ms") == 0) {
    if (!parse_number(value, kTimeMaxMs, options.grace_ms)) return "--grace-ms: 0 to 366 days";
  } else if (std::strcmp(name, "--cpus") == 0) {
    if (!parse_cpus(value, options.cpus)) return "--cpus needs a list like 0,2 (0 to 1023)";
    options.pin = true;
  } else if (std::strcmp(name, "--cgroup") == 0) {
    if (std::strcmp(value, "auto") != 0 && std::strcmp(value, "off") != 0) {
      return "--cgroup needs auto or off";
    }
    options.cgroup = value[0] == 'a';
  } else if (is_limit(name)) {
    return parse_limit(name, value, options.limits);
  } else if (std::strcmp(name, "--cwd") == 0) {
    options.cwd = value;
  } else {
    return "unknown option";
  }
  return nullptr;
}

}  // namespace

const char* parse_options(int argc, char** argv, Options& options) {
  int at = 1;
  while (at < argc && std::strcmp(argv[at], "--") != 0) {
    if (parse_flag(argv[at], options)) {
      at += 1;
      continue;
    }
    if (at + 1 >= argc) return "an option needs a value, and -- comes before the command";
    if (const char* problem = parse_value(argv[at], argv[at + 1], options)) return problem;
    at += 2;
  }
  if (at + 1 >= argc) return "no command: put it after --";
  options.workload = argv + at + 1;
  return nullptr;
}

}  // namespace melisai::exec
