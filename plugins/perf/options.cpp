#include "plugins/perf/options.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace melisai::plugins::perf {
namespace {

using nlohmann::json;

constexpr std::int64_t kPidMax = std::int64_t{1} << 22;  // the kernel's own limit
constexpr std::size_t kListMax = 4096;

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("perf: configuration: " + what);
}

const json& list_of(const json& value, const std::string& key) {
  if (!value.is_array() || value.size() > kListMax)
    refuse(key + ": a list of at most " + std::to_string(kListMax));
  return value;
}

bool is_text(const json& value, const char* text) { return value.is_string() && value == text; }

}  // namespace

Options parse_options(std::string_view config_json) {
  Options options;
  if (config_json.empty()) return options;
  const json config = json::parse(config_json, nullptr, false);
  if (!config.is_object()) refuse("one JSON object");
  for (const auto& [key, value] : config.items()) {
    if ((key == "proc_root" && !is_text(value, "/proc")) ||
        (key == "sys_root" && !is_text(value, "/sys")))
      options.other_root = true;
    if (key == "pids")
      for (const json& pid : list_of(value, key)) {
        if (!pid.is_number_integer() || pid < 1 || pid > kPidMax)
          refuse(key + ": whole numbers from 1 to " + std::to_string(kPidMax));
        options.pids.push_back(pid.get<std::int64_t>());
      }
    if (key == "cgroups")
      for (const json& cgroup : list_of(value, key)) {
        if (!cgroup.is_string()) refuse(key + ": texts");
        options.cgroups.push_back(cgroup.get<std::string>());
      }
  }
  return options;
}

}  // namespace melisai::plugins::perf
