// system_info: what machine this is. Nothing of it changes within a window, so it is read once, at
// the end.
#include <algorithm>
#include <utility>

#include "plugins/procfs/disks.h"
#include "plugins/procfs/fields.h"
#include "plugins/procfs/filesystems.h"
#include "plugins/procfs/kernel_log.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kLogEntriesMax = 50;
constexpr double kSectorBytes = 512;
constexpr std::size_t kDisksMax = 1000;

// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
std::string pretty_name(std::string_view os_release) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  while (!os_release.empty()) {
    std::string_view line = os_release.substr(0, os_release.find('\n'));
    os_release.remove_prefix(std::min(line.size() + 1, os_release.size()));
    if (!line.starts_with(kKey)) continue;
    line.remove_prefix(kKey.size());
    if (line.size() >= 2 && line.front() == line.back() &&
        (line.front() == '"' || line.front() == '\''))
      line = line.substr(1, line.size() - 2);
    return std::string(line);
  }
  return "";
}

class System final : public Part {
 public:
  explicit System(const Options& options)
      : proc_(options.proc_root),
        disks_(options.sys_root),
        sys_(options.sys_root),
        live_(proc_ == Options().proc_root && sys_ == Options().sys_root) {}

  void start(Time /*now*/) override {}

  Findings stop(Time /*now*/) override {
    Findings findings;
    Json& data = findings.data;
    put_text(data, "os", pretty_name(read_text(proc_ + "/self/root/etc/os-release").value_or("")));
    put_text(data, "kernel", read_text(proc_ + "/sys/kernel/osrelease").value_or(""));
    if (data.empty()) findings.errors.push_back(proc_ + ": names neither system nor kernel");
    const std::string uptime = read_text(proc_ + "/uptime").value_or("");
    put(data, "uptime_seconds", to_count(uptime.substr(0, uptime.find('.'))));
    put_text(data, "boot_params", read_text(proc_ + "/cmdline").value_or(""));
    const auto mountinfo = read_text(proc_ + "/self/mountinfo", kFileBytesMax);
    if (mountinfo) data["filesystems"] = filesystems(*mountinfo, live_);
    put_disks(findings);
    if (live_) put_log(findings);
    return findings;
  }

 private:
  void put_disks(Findings& findings) const {
    if (!disks_.readable()) return;
    Json list = Json::array();
    for (const std::string& name : disks_.names()) {
      const auto sectors = read_count(disks_.directory(name) + "/size");
      if (!sectors || *sectors == 0) continue;  // a drive without a medium
      findings.truncated = list.size() >= kDisksMax;
      if (findings.truncated) break;
      Json entry = {{"name", name}};
      if (disks_.is_virtual(name))
        entry["type"] = "virtual";
      else if (const auto rotational = disks_.rotational(name))
        entry["type"] = *rotational ? "hdd" : "ssd";
      entry["size_gb"] = static_cast<double>(*sectors) * kSectorBytes / (1 << 30);
      put_text(entry, "model", read_text(disks_.directory(name) + "/device/model").value_or(""));
      list.push_back(std::move(entry));
    }
    findings.data["block_devices"] = std::move(list);
  }

  static void put_log(Findings& findings) {
    const KernelLog log = read_kernel_log("/dev/kmsg", kLogEntriesMax);
    if (!log.error.empty()) {
      findings.errors.push_back(log.error +
                                "; CAP_SYSLOG or kernel.dmesg_restrict=0 lets it be read");
      return;
    }
    Json list = Json::array();
    for (const LogEntry& entry : log.entries)
      list.push_back({{"time", entry.time}, {"level", entry.level}, {"message", entry.message}});
    findings.data["dmesg_errors"] = std::move(list);
  }

  std::string proc_;
  Disks disks_;
  std::string sys_;
  bool live_;
};

}  // namespace

std::unique_ptr<Part> make_system(const Options& options) {
  return std::make_unique<System>(options);
}

}  // namespace melisai::plugins::procfs
