// container_info: what this process or the observed cgroup runs in, and the limits there.
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "plugins/procfs/cgroup.h"
#include "plugins/procfs/fields.h"

namespace melisai::plugins::procfs {
namespace {

constexpr std::size_t kIdSize = 64;
constexpr std::string_view kServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

bool exists(const std::string& path) {
  struct stat entry {};
  return stat(path.c_str(), &entry) == 0;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// The first run of exactly 64 hexadecimal digits; "" without one.
std::string container_id_in(std::string_view text) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_hex(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && is_hex(text[end])) ++end;
    if (end - begin == kIdSize) return std::string(text.substr(begin, kIdSize));
    begin = end;
  }
  return "";
}

std::optional<std::int64_t> grown(std::optional<std::int64_t> before,
                                  std::optional<std::int64_t> after) {
  if (!before || !after) return std::nullopt;
  return growth(*before, *after);
}

class Container final : public Part {
 public:
  explicit Container(const Options& options)
      : proc_(options.proc_root),
        root_(proc_ + "/self/root"),
        layout_(cgroup_layout(options.sys_root)),
        own_text_(read_text(proc_ + "/self/cgroup").value_or("")),
        first_text_(read_text(proc_ + "/1/cgroup").value_or("")),
        is_named_(!options.cgroups.empty()),
        lines_(is_named_ ? std::vector<CgroupLine>{{"", cgroup_name(options.sys_root,
                                                                    options.cgroups.front())}}
                         : parse_cgroup_lines(own_text_)),
        limits_(is_named_ ? CgroupLimits(options.sys_root, layout_, lines_.front().path)
                          : CgroupLimits(options.sys_root, layout_, lines_)) {}

  void start(Time /*now*/) override { before_ = limits_.cpu_use(); }

  void sample(Time /*now*/) override { add_memory(); }

  Findings stop(Time /*now*/) override {
    add_memory();
    Findings findings;
    Json& data = findings.data;
    const std::string runtime = runtime_name();
    data["runtime"] = runtime;
    put_layout(data);
    put_identity(data, runtime);
    if (is_lost())
      findings.errors.push_back("cgroup " + lines_.front().path + ": not there");
    else
      put_limits(data);
    samples_.put(data);
    return findings;
  }

 private:
  bool is_lost() const { return is_named_ && !limits_.is_there(); }

  void put_limits(Json& data) const {
    put_cpu(data);
    put(data, "memory_limit_bytes", limits_.memory_limit_bytes());
    put(data, "memory_usage_bytes", limits_.memory_usage_bytes());
  }

  void add_memory() {
    if (is_lost()) return;
    if (const auto bytes = limits_.memory_usage_bytes())
      samples_.add("memory_usage_bytes", static_cast<double>(*bytes));
  }

  std::string named_path() const { return is_named_ ? lines_.front().path : ""; }

  bool mentioned(std::string_view word) const {
    return own_text_.find(word) != std::string::npos || first_text_.find(word) != std::string::npos;
  }

  /// By the name of the cgroup that we were told; "" when it says nothing. docker.service is the
  /// daemon, and no container.
  std::string named_runtime() const {
    const std::string named = named_path();
    for (const auto& [word, runtime] :
         {std::pair{"kubepods", "kubernetes"}, std::pair{"/docker/", "docker"},
          std::pair{"/docker-", "docker"}, std::pair{"/lxc", "lxc"}})
      if (named.find(word) != std::string::npos) return runtime;
    return "";
  }

  std::string runtime_name() const {
    if (std::string named = named_runtime(); !named.empty()) return named;
    if (exists(root_ + std::string(kServiceAccount)) || mentioned("kubepods")) return "kubernetes";
    if (exists(root_ + "/.dockerenv") || mentioned("/docker")) return "docker";
    if (mentioned("/lxc")) return "lxc";
    return "none";
  }

  void put_layout(Json& data) const {
    if (layout_ == CgroupLayout::none) return;
    data["cgroup_version"] = layout_ == CgroupLayout::v2 ? 2 : 1;
    if (layout_ == CgroupLayout::hybrid) data["hybrid"] = true;
    if (const CgroupLine* line = shown_line()) data["cgroup_path"] = line->path;
  }

  // Under version 1 a process has one place per hierarchy; memory's is the one that tells most.
  const CgroupLine* shown_line() const {
    const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const CgroupLine& candidate) {
      return candidate.controllers == (layout_ == CgroupLayout::v2 ? "" : "memory");
    });
    if (line != lines_.end()) return &*line;
    return lines_.empty() ? nullptr : &lines_.front();
  }

  void put_identity(Json& data, const std::string& runtime) const {
    if (runtime == "none") return;
    // Of another container we know no more than what its name says.
    const std::string named_id = container_id_in(named_path());
    put_text(data, "container_id", named_id);
    if (!named_id.empty() || !named_runtime().empty()) return;
    // In a cgroup namespace of its own a container does not see its name there, but its files come
    // from a directory of that name.
    for (const std::string& text :
         {own_text_, first_text_, read_text(proc_ + "/self/mountinfo", kFileBytesMax).value_or("")})
      if (const std::string id = container_id_in(text); !id.empty()) {
        data["container_id"] = id;
        break;
      }
    if (runtime != "kubernetes") return;
    put_text(data, "pod_name", read_text(proc_ + "/sys/kernel/hostname").value_or(""));
    put_text(data, "namespace",
             read_text(root_ + std::string(kServiceAccount) + "/namespace").value_or(""));
  }

  void put_cpu(Json& data) const {
    if (const auto limit = limits_.cpu_limit()) {
      data["cpu_quota"] = limit->quota_us;
      data["cpu_period"] = limit->period_us;
    }
    const CpuUse after = limits_.cpu_use();
    put(data, "cpu_periods", grown(before_.periods, after.periods));
    put(data, "cpu_throttled_periods", grown(before_.throttled_periods, after.throttled_periods));
    put(data, "cpu_throttled_time_us", grown(before_.throttled_us, after.throttled_us));
  }

  std::string proc_;
  std::string root_;  // of our own file system, through /proc
  CgroupLayout layout_;
  std::string own_text_;
  std::string first_text_;
  bool is_named_;  // the cgroup is one that we were told
  std::vector<CgroupLine> lines_;
  CgroupLimits limits_;
  CpuUse before_;
  Samples samples_;
};

}  // namespace

std::unique_ptr<Part> make_container(const Options& options) {
  return std::make_unique<Container>(options);
}

}  // namespace melisai::plugins::procfs
