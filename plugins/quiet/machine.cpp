#include "plugins/quiet/machine.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace melisai::plugins {
namespace {

// More would cost too much; what slows one CPU of a machine down slows its neighbours down as well.
constexpr int kCpusMax = 16;

// Ticks come every 10 ms on each CPU: in a shorter window one of them more or less is a lot.
constexpr std::int64_t kTicksWindowNsMin = 100'000'000;

std::vector<HeldFile> open_per_cpu(const std::string& sys, const std::string& file) {
  std::vector<HeldFile> files;
  for (int cpu = 0; cpu < kCpusMax; ++cpu) {
    HeldFile held(sys + "/devices/system/cpu/cpu" + std::to_string(cpu) + "/" + file);
    if (held.read()) files.push_back(std::move(held));
  }
  return files;
}

// -1 for a CPU that went away, so that the others keep their places.
std::vector<std::int64_t> read_counts(const std::vector<HeldFile>& files) {
  std::vector<std::int64_t> counts;
  for (const HeldFile& file : files)
    counts.push_back(count_after(file.read().value_or(""), "").value_or(-1));
  return counts;
}

std::int64_t own_cpu_ns() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return (std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec) * 1'000;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

// "0.20 0.18 0.12 1/80 11206": three averages, running/all tasks, last process.
void parse_loadavg(std::string_view text, MachineReading& reading) {
  const auto fields = words(text);
  if (fields.size() < 4) return;
  double load = 0;
  const auto [end, error] = std::from_chars(fields[0].begin(), fields[0].end(), load);
  if (error == std::errc() && end == fields[0].end()) reading.load = load;
  reading.running = to_count(fields[3].substr(0, fields[3].find('/')));
}

std::optional<std::int64_t> read_pressure(const HeldFile& file, std::string_view line) {
  const std::string text = file.read().value_or("");
  const auto stalled = parse_pressure(text, line);
  return stalled ? stalled : parse_pressure(text, "some");
}

void add_ticks(const MachineReading& before, const MachineReading& after,
               std::optional<TreeTime> tree, std::vector<Number>& numbers) {
  const auto wall_ns = static_cast<double>(after.time_ns - before.time_ns);
  if (!before.busy_ticks || !after.busy_ticks || after.time_ns - before.time_ns < kTicksWindowNsMin)
    return;
  const std::int64_t busy = growth(*before.busy_ticks, *after.busy_ticks);
  const std::int64_t steal = growth(*before.steal_ticks, *after.steal_ticks);
  const std::int64_t idle = growth(*before.idle_ticks, *after.idle_ticks);
  if (tree) {
    const double known_ns = ticks_to_ns(growth(tree->before_ticks, tree->after_ticks)) +
                            static_cast<double>(growth(before.own_cpu_ns, after.own_cpu_ns));
    numbers.push_back({"other_cpu", std::max(0.0, ticks_to_ns(busy) - known_ns) / wall_ns});
  }
  const std::int64_t total = busy + steal + idle;
  if (total > 0)
    numbers.push_back({"steal", static_cast<double>(steal) / static_cast<double>(total)});
}

void add_pressure(std::string_view metric, std::optional<std::int64_t> before_us,
                  std::optional<std::int64_t> after_us, double wall_ns,
                  std::vector<Number>& numbers) {
  if (!before_us || !after_us || wall_ns <= 0) return;
  // The clock was read a little before the counter.
  const double stalled_ns = static_cast<double>(growth(*before_us, *after_us)) * 1000;
  numbers.push_back({metric, std::min(1.0, stalled_ns / wall_ns)});
}

}  // namespace

Machine::Machine(const std::string& proc, const std::string& sys)
    : stat_(proc + "/stat"),
      loadavg_(proc + "/loadavg"),
      cpu_pressure_(proc + "/pressure/cpu"),
      memory_pressure_(proc + "/pressure/memory"),
      io_pressure_(proc + "/pressure/io"),
      frequencies_(open_per_cpu(sys, "cpufreq/scaling_cur_freq")),
      throttle_counts_(open_per_cpu(sys, "thermal_throttle/core_throttle_count")) {}

MachineReading Machine::read() const {
  MachineReading reading;
  reading.time_ns =
      std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  reading.own_cpu_ns = own_cpu_ns();
  parse_cpu_line(stat_.read(512).value_or(""), reading);
  reading.cpu_stalled_us = read_pressure(cpu_pressure_, "some");
  reading.memory_stalled_us = read_pressure(memory_pressure_, "full");
  reading.io_stalled_us = read_pressure(io_pressure_, "full");
  parse_loadavg(loadavg_.read().value_or(""), reading);
  const auto frequencies = read_counts(frequencies_);
  const auto fastest = std::max_element(frequencies.begin(), frequencies.end());
  if (fastest != frequencies.end() && *fastest > 0) reading.frequency_khz = *fastest;
  reading.throttle_counts = read_counts(throttle_counts_);
  return reading;
}

bool parse_cpu_line(std::string_view stat, MachineReading& reading) {
  const auto fields = words(stat.substr(0, stat.find('\n')));
  // cpu user nice system idle iowait irq softirq steal; guests are part of user and nice.
  if (fields.size() < 9 || fields[0] != "cpu") return false;
  std::int64_t ticks[9] = {};
  for (std::size_t i = 1; i < 9; ++i) {
    const auto count = to_count(fields[i]);
    if (!count) return false;
    ticks[i] = *count;
  }
  reading.busy_ticks = ticks[1] + ticks[2] + ticks[3] + ticks[6] + ticks[7];
  reading.idle_ticks = ticks[4] + ticks[5];
  reading.steal_ticks = ticks[8];
  return true;
}

std::vector<Number> differences(const MachineReading& before, const MachineReading& after,
                                std::optional<TreeTime> tree) {
  std::vector<Number> numbers;
  const auto wall_ns = static_cast<double>(after.time_ns - before.time_ns);
  add_ticks(before, after, tree, numbers);
  add_pressure("cpu_pressure", before.cpu_stalled_us, after.cpu_stalled_us, wall_ns, numbers);
  add_pressure("memory_pressure", before.memory_stalled_us, after.memory_stalled_us, wall_ns,
               numbers);
  add_pressure("io_pressure", before.io_stalled_us, after.io_stalled_us, wall_ns, numbers);
  if (after.load) numbers.push_back({"load", *after.load});
  if (after.running) numbers.push_back({"running", static_cast<double>(growth(1, *after.running))});
  if (before.frequency_khz && after.frequency_khz) {
    const auto drop = growth(*after.frequency_khz, *before.frequency_khz);
    numbers.push_back(
        {"frequency_drop", static_cast<double>(drop) / static_cast<double>(*before.frequency_khz)});
  }
  if (!after.throttle_counts.empty() &&
      before.throttle_counts.size() == after.throttle_counts.size()) {
    std::int64_t throttled = 0;
    for (std::size_t cpu = 0; cpu < after.throttle_counts.size(); ++cpu)
      if (before.throttle_counts[cpu] >= 0)
        throttled += growth(before.throttle_counts[cpu], after.throttle_counts[cpu]);
    numbers.push_back({"throttled", static_cast<double>(throttled)});
  }
  return numbers;
}

std::vector<std::string_view> lacks(const MachineReading& reading) {
  std::vector<std::string_view> names;
  const auto note = [&](bool there, std::string_view name) {
    if (!there) names.push_back(name);
  };
  note(reading.busy_ticks.has_value(), "/proc/stat");
  note(reading.cpu_stalled_us.has_value(), "/proc/pressure/cpu");
  note(reading.memory_stalled_us.has_value(), "/proc/pressure/memory");
  note(reading.io_stalled_us.has_value(), "/proc/pressure/io");
  note(reading.load && reading.running, "/proc/loadavg");
  note(reading.frequency_khz.has_value(), "cpufreq/scaling_cur_freq of any CPU");
  note(!reading.throttle_counts.empty(), "thermal_throttle/core_throttle_count of any CPU");
  return names;
}

}  // namespace melisai::plugins
