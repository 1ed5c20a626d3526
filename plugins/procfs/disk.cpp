// disk_stats: what each whole disk did, and how its queue is tuned.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "plugins/procfs/disks.h"
#include "plugins/procfs/fields.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::int64_t kSectorBytes = 512;  // of /proc/diskstats, whatever the disk's own are
constexpr std::size_t kNamesAt = 2;         // major, minor, name, then the columns

// Columns of /proc/diskstats after the name.
enum Column {
  reads = 0,
  sectors_read = 2,
  writes = 4,
  sectors_written = 6,
  in_progress = 8,
  io_ms = 9,
  weighted_ms = 10
};
constexpr std::size_t kColumns = 11;
using Columns = std::array<std::int64_t, kColumns>;

struct Reading {
  Time time{};
  bool readable = false;
  std::map<std::string, Columns, std::less<>> disks;
};

/// What one disk did between two readings.
struct Work {
  std::int64_t read_ops = 0;
  std::int64_t write_ops = 0;
  std::int64_t read_bytes = 0;
  std::int64_t write_bytes = 0;
  std::int64_t io_ms = 0;
  std::int64_t weighted_ms = 0;

  std::int64_t ops() const { return read_ops + write_ops; }
};

// Times are counted in 32 bits of milliseconds and start anew after 49 days of work.
std::int64_t growth_32(std::int64_t before, std::int64_t after) {
  constexpr std::int64_t kWrap = std::int64_t{1} << 32;
  return after < before && before < kWrap ? after + kWrap - before : growth(before, after);
}

constexpr std::size_t kDevicesMax = 1000;

// More than any disk does in a window, and a number of disks times that can still be added.
constexpr std::int64_t kGrowthMax = std::int64_t{1} << 40;

// Nothing for a disk whose counters started anew: another disk may have its name now.
std::optional<Work> work_between(const Columns& before, const Columns& after) {
  for (const Column column : {reads, sectors_read, writes, sectors_written})
    if (after[column] < before[column] || after[column] - before[column] > kGrowthMax)
      return std::nullopt;
  return Work{.read_ops = after[reads] - before[reads],
              .write_ops = after[writes] - before[writes],
              .read_bytes = (after[sectors_read] - before[sectors_read]) * kSectorBytes,
              .write_bytes = (after[sectors_written] - before[sectors_written]) * kSectorBytes,
              .io_ms = growth_32(before[io_ms], after[io_ms]),
              .weighted_ms = growth_32(before[weighted_ms], after[weighted_ms])};
}

std::optional<Columns> parse_columns(const std::vector<std::string_view>& fields) {
  if (fields.size() < kNamesAt + 1 + kColumns) return std::nullopt;
  Columns columns{};
  for (std::size_t i = 0; i < kColumns; ++i) {
    const auto count = to_count(fields[kNamesAt + 1 + i]);
    if (!count) return std::nullopt;
    columns[i] = *count;
  }
  return columns;
}

std::optional<double> utilization(const Work& work, Time window) {
  const auto busy = percent(static_cast<double>(work.io_ms), 1000 * seconds(window));
  return busy ? std::optional(std::min(100.0, *busy)) : std::nullopt;
}

class Disk final : public Part {
 public:
  explicit Disk(const Options& options)
      : proc_(options.proc_root),
        disks_(options.sys_root),
        diskstats_(proc_ + "/diskstats"),
        pressure_(proc_ + "/pressure/io") {}

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
    if (!end.readable)
      findings.errors.push_back(proc_ + "/diskstats or the disks' directories: cannot be read");
    Json& data = findings.data;
    const Time window = now - first_.time;
    Work total;
    for (const auto& [name, work] : works(first_, end)) {
      add(total, work);
      findings.truncated = data["devices"].size() >= kDevicesMax;
      if (!findings.truncated)
        data["devices"].push_back(describe(name, work, end.disks.at(name), window));
    }
    if (end.readable) put_total(data, total, window);
    pressure_.put(data, window);
    samples_.put(data);
    return findings;
  }

 private:
  using Works = std::map<std::string, Work>;

  Reading read(Time now) const {
    const auto text = diskstats_.read(kFileBytesMax);
    Reading reading{.time = now, .readable = text && disks_.readable(), .disks = {}};
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty()) {
      const std::size_t size = std::min(rest.find('\n'), rest.size());
      const auto fields = words(rest.substr(0, size));
      rest.remove_prefix(std::min(size + 1, rest.size()));
      const auto columns = parse_columns(fields);
      if (columns && disks_.whole(fields[kNamesAt]))
        reading.disks.emplace(fields[kNamesAt], *columns);
    }
    return reading;
  }

  // Of the disks that were there at both ends.
  static Works works(const Reading& before, const Reading& after) {
    Works found;
    for (const auto& [name, columns] : after.disks)
      if (const auto was = before.disks.find(name); was != before.disks.end())
        if (const auto work = work_between(was->second, columns)) found.emplace(name, *work);
    return found;
  }

  static void add(Work& total, const Work& work) {
    total.read_ops += work.read_ops;
    total.write_ops += work.write_ops;
    total.read_bytes += work.read_bytes;
    total.write_bytes += work.write_bytes;
  }

  void add_interval(Reading now) {
    const Time window = now.time - last_.time;
    Work total;
    std::optional<double> busiest;
    std::int64_t waiting = 0;
    for (const auto& [name, work] : works(last_, now)) {
      add(total, work);
      busiest = std::max(busiest, utilization(work, window));
      waiting += now.disks.at(name)[in_progress];
    }
    if (now.readable && last_.readable) {
      samples_.add("ops_per_sec", per_second(total.ops(), window));
      samples_.add("read_bytes_per_sec", per_second(total.read_bytes, window));
      samples_.add("write_bytes_per_sec", per_second(total.write_bytes, window));
      samples_.add("io_in_progress", static_cast<double>(waiting));
    }
    samples_.add("utilization_pct", busiest);
    last_ = std::move(now);
  }

  Json describe(const std::string& name, const Work& work, const Columns& end, Time window) const {
    Json device = {{"name", name},
                   {"read_ops", work.read_ops},
                   {"write_ops", work.write_ops},
                   {"read_bytes", work.read_bytes},
                   {"write_bytes", work.write_bytes},
                   {"io_in_progress", end[in_progress]},
                   {"io_time_ms", work.io_ms},
                   {"weighted_io_ms", work.weighted_ms}};
    if (work.ops() > 0)
      device["avg_latency_ms"] =
          static_cast<double>(work.weighted_ms) / static_cast<double>(work.ops());
    put(device, "utilization_pct", utilization(work, window));
    if (window > Time::zero())
      device["avg_in_flight"] = static_cast<double>(work.weighted_ms) / (1000 * seconds(window));
    const std::string queue = disks_.directory(name) + "/queue/";
    put_text(device, "scheduler", chosen_word(read_text(queue + "scheduler").value_or("")));
    put_count(device, "queue_depth", queue + "nr_requests");
    put(device, "rotational", disks_.rotational(name));
    if (disks_.is_virtual(name)) device["virtual"] = true;
    put_count(device, "read_ahead_kb", queue + "read_ahead_kb");
    return device;
  }

  static void put_total(Json& data, const Work& total, Time window) {
    data["total_ops"] = total.ops();
    data["read_ops"] = total.read_ops;
    data["write_ops"] = total.write_ops;
    put(data, "read_bytes_per_sec", per_second(total.read_bytes, window));
    put(data, "write_bytes_per_sec", per_second(total.write_bytes, window));
  }

  std::string proc_;
  Disks disks_;
  HeldFile diskstats_;
  Pressure pressure_;
  Reading first_;
  Reading last_;
  Samples samples_;
};

}  // namespace

std::unique_ptr<Part> make_disk(const Options& options) { return std::make_unique<Disk>(options); }

}  // namespace melisai::plugins::procfs
