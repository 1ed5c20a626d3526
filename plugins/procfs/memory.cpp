// memory_info: what memory holds, what the kernel did to free some, and how it is tuned.
#include <algorithm>
#include <utility>

#include "plugins/procfs/fields.h"
#include "plugins/procfs/numa.h"

namespace melisai::plugins::procfs {
namespace {

struct KeyedField {
  std::string_view name;
  std::string_view key;  // of the file, as far as it tells lines apart
};

constexpr KeyedField kSizes[] = {
    {"total_bytes", "MemTotal:"},         {"free_bytes", "MemFree:"},
    {"available_bytes", "MemAvailable:"}, {"cached_bytes", "Cached:"},
    {"buffers_bytes", "Buffers:"},        {"swap_total_bytes", "SwapTotal:"}};

constexpr KeyedField kReclaim[] = {
    {"pgscan_direct", "pgscan_direct "},           {"pgscan_kswapd", "pgscan_kswapd "},
    {"pgsteal_direct", "pgsteal_direct "},         {"pgsteal_kswapd", "pgsteal_kswapd "},
    {"allocstall_normal", "allocstall_normal "},   {"allocstall_dma", "allocstall_dma "},
    {"allocstall_movable", "allocstall_movable "}, {"compact_stall", "compact_stall "},
    {"compact_success", "compact_success "},       {"compact_fail", "compact_fail "},
    {"thp_fault_alloc", "thp_fault_alloc "},       {"thp_collapse_alloc", "thp_collapse_alloc "},
    {"thp_split_page", "thp_split_page "}};
constexpr KeyedField kReclaimRates[] = {{"direct_reclaim_rate", "pgscan_direct "},
                                        {"compact_stall_rate", "compact_stall "},
                                        {"thp_split_rate", "thp_split_page "}};

constexpr KeyedField kSysctls[] = {{"swappiness", "vm/swappiness"},
                                   {"overcommit_memory", "vm/overcommit_memory"},
                                   {"overcommit_ratio", "vm/overcommit_ratio"},
                                   {"dirty_ratio", "vm/dirty_ratio"},
                                   {"dirty_background_ratio", "vm/dirty_background_ratio"},
                                   {"min_free_kbytes", "vm/min_free_kbytes"},
                                   {"watermark_scale_factor", "vm/watermark_scale_factor"},
                                   {"dirty_expire_centisecs", "vm/dirty_expire_centisecs"},
                                   {"dirty_writeback_centisecs", "vm/dirty_writeback_centisecs"},
                                   {"zone_reclaim_mode", "vm/zone_reclaim_mode"},
                                   {"sched_numa_balancing", "kernel/numa_balancing"}};

// /proc/vmstat at one moment.
struct Reading {
  Time time{};
  std::string vmstat;
};

std::optional<std::int64_t> bytes_after(std::string_view meminfo, std::string_view key) {
  const auto kib = count_after(meminfo, key);
  if (!kib) return std::nullopt;
  return std::min(*kib, std::int64_t{1} << 49) * 1024;
}

std::optional<std::int64_t> swap_used(std::string_view meminfo) {
  const auto total = bytes_after(meminfo, "SwapTotal:");
  const auto free = bytes_after(meminfo, "SwapFree:");
  if (!total || !free) return std::nullopt;
  return growth(*free, *total);
}

/// What vmstat's counters grew between two readings.
class Growth {
 public:
  Growth(const Reading& before, const Reading& after) : before_(before), after_(after) {}
  std::optional<std::int64_t> of(std::string_view key) const {
    return growth_after(before_.vmstat, after_.vmstat, key);
  }
  std::optional<double> rate(std::optional<std::int64_t> count) const {
    return per_second(count, after_.time - before_.time);
  }
  // The kernel counts all faults and, among them, those that waited for a disk.
  std::optional<std::int64_t> minor_faults() const {
    const auto all = of("pgfault ");
    const auto major = of("pgmajfault ");
    if (!all || !major) return std::nullopt;
    return growth(*major, *all);
  }

 private:
  const Reading& before_;
  const Reading& after_;
};

class Memory final : public Part {
 public:
  explicit Memory(const Options& options)
      : proc_(options.proc_root),
        sys_(options.sys_root),
        meminfo_(proc_ + "/meminfo"),
        vmstat_(proc_ + "/vmstat"),
        pressure_(proc_ + "/pressure/memory"),
        nodes_(sys_) {}

  void start(Time now) override {
    first_ = last_ = read(now);
    nodes_.start();
    pressure_.start();
  }

  void sample(Time now) override {
    if (now - last_.time < kIntervalMin) return;
    add_sizes(meminfo_.read(kFileBytesMax).value_or(""));
    add_interval(read(now));
  }

  Findings stop(Time now) override {
    const Reading end = read(now);
    const std::string meminfo = meminfo_.read(kFileBytesMax).value_or("");
    add_sizes(meminfo);
    if (now - last_.time >= kIntervalMin) add_interval(end);
    Findings findings;
    Json& data = findings.data;
    put_sizes(data, meminfo);
    if (data.empty()) findings.errors.push_back(proc_ + "/meminfo: cannot be read");
    put_faults(data, Growth(first_, end));
    for (const KeyedField& field : kSysctls)
      put_count(data, field.name, proc_ + "/sys/" + std::string(field.key));
    put(data, "huge_pages_total", count_after(meminfo, "HugePages_Total:"));
    put(data, "huge_pages_free", count_after(meminfo, "HugePages_Free:"));
    pressure_.put(data, now - first_.time, true);
    const std::string huge = sys_ + "/kernel/mm/transparent_hugepage/";
    put_text(data, "thp_enabled", chosen_word(read_text(huge + "enabled").value_or("")));
    put_text(data, "thp_defrag", chosen_word(read_text(huge + "defrag").value_or("")));
    nodes_.put(data);
    put_buddies(data, read_text(proc_ + "/buddyinfo", kFileBytesMax).value_or(""));
    put_reclaim(data, Growth(first_, end));
    samples_.put(data);
    return findings;
  }

 private:
  Reading read(Time now) const { return {now, vmstat_.read(kFileBytesMax).value_or("")}; }

  void add_sizes(std::string_view meminfo) {
    samples_.add("available_bytes", bytes_after(meminfo, "MemAvailable:"));
    samples_.add("swap_used_bytes", swap_used(meminfo));
    samples_.add("dirty_bytes", bytes_after(meminfo, "Dirty:"));
  }

  void add_interval(Reading now) {
    const Growth grown(last_, now);
    samples_.add("major_faults_per_sec", grown.rate(grown.of("pgmajfault ")));
    samples_.add("minor_faults_per_sec", grown.rate(grown.minor_faults()));
    samples_.add("swap_in_pages_per_sec", grown.rate(grown.of("pswpin ")));
    samples_.add("swap_out_pages_per_sec", grown.rate(grown.of("pswpout ")));
    samples_.add("direct_reclaim_rate", grown.rate(grown.of("pgscan_direct ")));
    last_ = std::move(now);
  }

  static void put_sizes(Json& data, std::string_view meminfo) {
    for (const KeyedField& field : kSizes) put(data, field.name, bytes_after(meminfo, field.key));
    put(data, "swap_used_bytes", swap_used(meminfo));
    put(data, "dirty_bytes", bytes_after(meminfo, "Dirty:"));
  }

  static void put_faults(Json& data, const Growth& grown) {
    put(data, "major_faults", grown.of("pgmajfault "));
    put(data, "minor_faults", grown.minor_faults());
    put(data, "major_faults_per_sec", grown.rate(grown.of("pgmajfault ")));
    put(data, "minor_faults_per_sec", grown.rate(grown.minor_faults()));
    put(data, "swap_in_pages_per_sec", grown.rate(grown.of("pswpin ")));
    put(data, "swap_out_pages_per_sec", grown.rate(grown.of("pswpout ")));
    put(data, "oom_kills", grown.of("oom_kill "));
  }

  static void put_reclaim(Json& data, const Growth& grown) {
    Json reclaim = Json::object();
    for (const KeyedField& field : kReclaim) put(reclaim, field.name, grown.of(field.key));
    for (const KeyedField& field : kReclaimRates)
      put(reclaim, field.name, grown.rate(grown.of(field.key)));
    if (!reclaim.empty()) data["reclaim"] = std::move(reclaim);
  }

  std::string proc_;
  std::string sys_;
  HeldFile meminfo_;
  HeldFile vmstat_;
  Pressure pressure_;
  NumaNodes nodes_;
  Reading first_;
  Reading last_;
  Samples samples_;
};

}  // namespace

std::unique_ptr<Part> make_memory(const Options& options) {
  return std::make_unique<Memory>(options);
}

}  // namespace melisai::plugins::procfs
