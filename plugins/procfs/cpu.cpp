// cpu_utilization: where the time of all CPUs and of each went.
#include <array>
#include <map>
#include <utility>

#include "plugins/procfs/fields.h"

namespace melisai::plugins::procfs {
namespace {

// Columns of /proc/stat after the name. What guests had is part of user and nice.
enum Column { user, nice, system_time, idle, iowait, irq, softirq, steal };
constexpr std::size_t kColumns = 8;
constexpr std::size_t kColumnsMin = 4;  // the later ones came with later kernels
constexpr std::size_t kCpusMax = 8192;

struct Ticks {
  std::array<std::int64_t, kColumns> columns{};
  std::size_t known = 0;
};

struct Reading {
  Time time{};
  std::optional<Ticks> all;
  std::map<std::int64_t, Ticks> cpus;
  std::optional<std::int64_t> switches;
};

std::optional<Ticks> parse_ticks(const std::vector<std::string_view>& fields) {
  Ticks ticks;
  while (ticks.known < kColumns && ticks.known + 1 < fields.size()) {
    const auto count = to_count(fields[ticks.known + 1]);
    if (!count) return std::nullopt;
    ticks.columns[ticks.known++] = *count;
  }
  if (ticks.known < kColumnsMin) return std::nullopt;
  return ticks;
}

Reading parse_reading(std::string_view text, Time time) {
  Reading reading{.time = time, .all = {}, .cpus = {}, .switches = count_after(text, "ctxt ")};
  while (text.starts_with("cpu") && reading.cpus.size() < kCpusMax) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const auto fields = words(text.substr(0, size));
    const auto cpu = to_count(fields[0].substr(3));
    if (fields[0] == "cpu")
      reading.all = parse_ticks(fields);
    else if (const auto ticks = parse_ticks(fields); cpu && ticks)
      reading.cpus.emplace(*cpu, *ticks);
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return reading;
}

/// Percent of the time between two readings.
class Shares {
 public:
  Shares(const Ticks& before, const Ticks& after) : known_(std::min(before.known, after.known)) {
    for (std::size_t i = 0; i < known_; ++i) {
      grown_[i] = static_cast<double>(growth(before.columns[i], after.columns[i]));
      total_ += grown_[i];
    }
  }
  std::optional<double> of(Column column) const {
    return column < known_ ? percent(grown_[column], total_) : std::nullopt;
  }
  std::optional<double> user_and_nice() const {
    return percent(grown_[user] + grown_[nice], total_);
  }

 private:
  std::array<double, kColumns> grown_{};
  double total_ = 0;
  std::size_t known_;
};

// What the whole machine and one CPU have in common.
void put_shares(Json& data, const Shares& shares) {
  put(data, "user_pct", shares.user_and_nice());
  put(data, "system_pct", shares.of(system_time));
  put(data, "iowait_pct", shares.of(iowait));
  put(data, "idle_pct", shares.of(idle));
}

std::optional<double> switches_per_second(const Reading& before, const Reading& after) {
  if (!before.switches || !after.switches) return std::nullopt;
  return per_second(growth(*before.switches, *after.switches), after.time - before.time);
}

class Cpu final : public Part {
 public:
  explicit Cpu(const Options& options)
      : proc_(options.proc_root), stat_(proc_ + "/stat"), pressure_(proc_ + "/pressure/cpu") {}

  void start(Time now) override {
    first_ = last_ = read(now);
    pressure_.start();
  }

  void sample(Time now) override {
    if (now - last_.time >= kIntervalMin) add_interval(read(now));
  }

  Findings stop(Time now) override {
    const Reading end = read(now);
    if (now - last_.time >= kIntervalMin) add_interval(end);
    Findings findings;
    if (!end.all) findings.errors.push_back(proc_ + "/stat: no line \"cpu\" that can be read");
    put_window(findings.data, end);
    put_load(findings.data);
    if (!end.cpus.empty()) findings.data["num_cpus"] = end.cpus.size();
    put_cpus(findings.data, end);
    put_count(findings.data, "sched_latency_ns", proc_ + "/sys/kernel/sched_latency_ns");
    put_count(findings.data, "sched_min_granularity_ns",
              proc_ + "/sys/kernel/sched_min_granularity_ns");
    pressure_.put(findings.data, now - first_.time);
    samples_.put(findings.data);
    return findings;
  }

 private:
  Reading read(Time now) const {
    return parse_reading(stat_.read(kFileBytesMax).value_or(""), now);
  }

  void add_interval(Reading now) {
    if (last_.all && now.all) {
      const Shares shares(*last_.all, *now.all);
      samples_.add("user_pct", shares.user_and_nice());
      samples_.add("system_pct", shares.of(system_time));
      samples_.add("iowait_pct", shares.of(iowait));
      samples_.add("idle_pct", shares.of(idle));
      samples_.add("steal_pct", shares.of(steal));
    }
    samples_.add("context_switches_per_sec", switches_per_second(last_, now));
    last_ = std::move(now);
  }

  void put_window(Json& data, const Reading& end) const {
    if (first_.all && end.all) {
      const Shares shares(*first_.all, *end.all);
      put_shares(data, shares);
      put(data, "steal_pct", shares.of(steal));
      put(data, "irq_pct", shares.of(irq));
      put(data, "softirq_pct", shares.of(softirq));
    }
    put(data, "context_switches_per_sec", switches_per_second(first_, end));
  }

  void put_load(Json& data) const {
    const std::string text = read_text(proc_ + "/loadavg").value_or("");
    const auto fields = words(text);
    if (fields.size() < 3) return;
    put(data, "load_avg_1", to_number(fields[0]));
    put(data, "load_avg_5", to_number(fields[1]));
    put(data, "load_avg_15", to_number(fields[2]));
  }

  // One that came or went within the window has no time to be a part of.
  void put_cpus(Json& data, const Reading& end) const {
    for (const auto& [cpu, after] : end.cpus) {
      const auto before = first_.cpus.find(cpu);
      if (before == first_.cpus.end()) continue;
      Json entry = {{"cpu", cpu}};
      put_shares(entry, Shares(before->second, after));
      if (entry.size() > 1) data["per_cpu"].push_back(std::move(entry));
    }
  }

  std::string proc_;
  HeldFile stat_;
  Pressure pressure_;
  Reading first_;
  Reading last_;
  Samples samples_;
};

}  // namespace

std::unique_ptr<Part> make_cpu(const Options& options) { return std::make_unique<Cpu>(options); }

}  // namespace melisai::plugins::procfs
