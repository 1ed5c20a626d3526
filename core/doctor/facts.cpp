// Reading the facts; nothing here judges.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <numeric>
#include <set>

#include "core/doctor/cgroups.h"
#include "core/doctor/distribution.h"
#include "core/doctor/doctor.h"
#include "core/doctor/system_files.h"
#include "core/measure/measure.h"

namespace melisai::doctor {
namespace {

constexpr std::string_view kCpus = "/sys/devices/system/cpu";
constexpr std::string_view kClocksource = "/sys/devices/system/clocksource/clocksource0";
/// Where collectors look for the programs of others.
constexpr std::string_view kProgramDirectories[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin",
                                                    "/usr/local/sbin"};
constexpr std::string_view kServeConfig = "/etc/melisai-gate/serve.yaml";  // of the systemd unit
constexpr std::string_view kBccDirectory = "/usr/share/bcc/tools";
constexpr std::string_view kBccProgram = "biolatency-bpfcc";  // Debian: all tools, one by one

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

KernelVersion kernel_version_of(const std::string& release) {
  KernelVersion version;
  const char* const end = release.data() + release.size();
  const auto major = std::from_chars(release.data(), end, version.major);
  if (major.ec == std::errc() && major.ptr != end)
    std::from_chars(major.ptr + 1, end, version.minor);
  return version;
}

/// Fields of /proc/self/status.
void read_process(const std::string& root, Facts& facts) {
  for (const std::string& line : lines_of(root + "/proc/self/status")) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() < 2) continue;
    const std::string& value = words[1];
    const char* const end = value.data() + value.size();
    if (words[0] == "Uid:") std::from_chars(value.data(), end, facts.uid);
    if (words[0] == "CapPrm:") std::from_chars(value.data(), end, facts.capabilities, 16);
    if (words[0] == "Cpus_allowed_list:") facts.cpus_usable = count_cpus(value);
  }
}

/// The line "cpu" of /proc/stat in ticks: user nice system idle iowait irq softirq steal; what
/// follows is counted in user already.
std::optional<double> steal_of(const std::string& root) {
  constexpr std::size_t kSteal = 8;
  const std::vector<std::string> words = words_of(first_line(root + "/proc/stat"));
  if (words.size() <= kSteal || words.front() != "cpu") return std::nullopt;
  std::vector<double> ticks;
  for (std::size_t i = 1; i <= kSteal; ++i) {
    std::uint64_t value = 0;
    std::from_chars(words[i].data(), words[i].data() + words[i].size(), value);
    ticks.push_back(static_cast<double>(value));
  }
  const double total = std::accumulate(ticks.begin(), ticks.end(), 0.0);
  if (total <= 0) return std::nullopt;
  return ticks.back() / total;
}

std::optional<double> load_of(const std::string& root) {
  const std::vector<std::string> words = words_of(first_line(root + "/proc/loadavg"));
  double load = 0;
  if (words.empty()) return std::nullopt;
  const std::string& word = words.front();
  if (std::from_chars(word.data(), word.data() + word.size(), load).ec != std::errc())
    return std::nullopt;
  return load;
}

/// Filename, type, size, used, priority; the first line is a title.
void read_swap(const std::string& root, Facts& facts) {
  constexpr std::size_t kSize = 2, kUsed = 3;
  const std::vector<std::string> lines = lines_of(root + "/proc/swaps");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> words = words_of(lines[i]);
    if (words.size() <= kUsed) continue;
    const auto kib = [&](std::size_t at) {
      std::int64_t value = 0;
      std::from_chars(words[at].data(), words[at].data() + words[at].size(), value);
      return value;
    };
    facts.swap_total_kib += kib(kSize);
    facts.swap_used_kib += kib(kUsed);
  }
}

std::vector<std::string> governors_of(const std::string& root) {
  std::set<std::string> governors;
  std::error_code error;
  std::filesystem::directory_iterator entry(root + std::string(kCpus), error), end;
  for (; !error && entry != end; entry.increment(error)) {
    if (!entry->path().filename().string().starts_with("cpu")) continue;
    const std::string governor = first_line(entry->path().string() + "/cpufreq/scaling_governor");
    if (!governor.empty()) governors.insert(governor);
  }
  return {governors.begin(), governors.end()};
}

std::optional<Turbo> turbo_of(const std::string& root) {
  const std::string no_turbo = std::string(kCpus) + "/intel_pstate/no_turbo";
  if (const auto off = whole_number(root + no_turbo))
    return Turbo{.on = *off == 0, .file = no_turbo, .off = "1"};
  const std::string boost = std::string(kCpus) + "/cpufreq/boost";
  if (const auto on = whole_number(root + boost))
    return Turbo{.on = *on != 0, .file = boost, .off = "0"};
  return std::nullopt;
}

void read_cpus(const std::string& root, Facts& facts) {
  const std::string cpus = root + std::string(kCpus);
  facts.cpus_online = count_cpus(first_line(cpus + "/online"));
  if (facts.cpus_online == 0) facts.cpus_online = facts.cpus_usable;
  facts.governors = governors_of(root);
  facts.turbo = turbo_of(root);
  if (const auto active = whole_number(cpus + "/smt/active")) facts.smt = *active != 0;
  const std::string clocksource = root + std::string(kClocksource);
  facts.clocksource = first_line(clocksource + "/current_clocksource");
  facts.clocksources = words_of(first_line(clocksource + "/available_clocksource"));
}

void read_kernel(const std::string& root, Facts& facts) {
  const std::string kernel = root + "/proc/sys/kernel/";
  facts.randomize_va_space = whole_number(kernel + "randomize_va_space");
  facts.perf_event_paranoid = whole_number(kernel + "perf_event_paranoid");
  facts.kptr_restrict = whole_number(kernel + "kptr_restrict");
  facts.unprivileged_bpf_disabled = whole_number(kernel + "unprivileged_bpf_disabled");
  facts.huge_pages = chosen_word(first_line(root + "/sys/kernel/mm/transparent_hugepage/enabled"));
  facts.lockdown = chosen_word(first_line(root + "/sys/kernel/security/lockdown"));
  facts.pressure = exists(root + "/proc/pressure/cpu");
  facts.btf = exists(root + "/sys/kernel/btf/vmlinux");
}

bool is_program(const std::string& root, const std::string& name) {
  return std::any_of(std::begin(kProgramDirectories), std::end(kProgramDirectories),
                     [&](std::string_view directory) {
                       const std::string path = root + std::string(directory) + "/" + name;
                       struct stat status {};
                       return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                              (status.st_mode & S_IXUSR) != 0;
                     });
}

void read_programs(const std::string& root, Facts& facts) {
  for (const char* name : {"perf", "bpftrace"})
    if (is_program(root, name)) facts.programs.emplace_back(name);
  if (exists(root + std::string(kBccDirectory)) || is_program(root, std::string(kBccProgram)))
    facts.programs.emplace_back("bcc");
  facts.kernel_headers = exists(root + "/lib/modules/" + facts.kernel + "/build") ||
                         exists(root + "/sys/kernel/kheaders.tar.xz");
}

}  // namespace

Result<Facts> read_facts(const Sources& sources) {
  const std::string& root = sources.root;
  Facts facts;
  facts.kernel = first_line(root + "/proc/sys/kernel/osrelease");
  read_process(root, facts);
  facts.steal = steal_of(root);
  if (facts.kernel.empty() || facts.cpus_usable == 0 || !facts.steal)
    return Error{Errc::unavailable, root +
                                        "/proc does not show the kernel, the CPUs or this "
                                        "process; mount procfs there"};
  facts.kernel_version = kernel_version_of(facts.kernel);
  facts.distribution = read_distribution(root);
  facts.machine = measure::identify_machine(root);
  facts.load_1 = load_of(root);
  read_swap(root, facts);
  read_cpus(root, facts);
  read_kernel(root, facts);
  facts.cgroups = read_cgroups(root);
  read_programs(root, facts);
  facts.serves = exists(root + std::string(kServeConfig));
  facts.cycles_errno = sources.count_cycles();
  facts.bpf_errno = sources.load_bpf();
  return facts;
}

}  // namespace melisai::doctor
