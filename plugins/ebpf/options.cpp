#include "plugins/ebpf/options.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace melisai::plugins::ebpf {
namespace {

using nlohmann::json;

constexpr std::int64_t kEventsMax = 1'000'000;
constexpr std::int64_t kPidMax = std::int64_t{1} << 22;  // the kernel's own limit
constexpr std::size_t kListMax = 4096;

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument("ebpf: configuration: " + what);
}

std::int64_t number(const json& value, const std::string& key, std::int64_t max) {
  // An unsigned number that no int64 holds compares as a negative one.
  if (!value.is_number_integer() || value < 1 || value > max)
    refuse(key + ": a whole number from 1 to " + std::to_string(max));
  return value.get<std::int64_t>();
}

const json& list(const json& value, const std::string& key) {
  if (!value.is_array() || value.size() > kListMax)
    refuse(key + ": a list of at most " + std::to_string(kListMax));
  return value;
}

std::vector<std::int64_t> pids(const json& value, const std::string& key) {
  std::vector<std::int64_t> found;
  for (const json& pid : list(value, key)) found.push_back(number(pid, key, kPidMax));
  return found;
}

std::string path(const json& value, const std::string& key) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || !text->starts_with('/') || text->find('\0') != std::string::npos ||
      (*text + "/").find("/../") != std::string::npos)
    refuse(key + ": an absolute path without \"..\"");
  std::string plain = *text;
  while (plain.ends_with('/')) plain.pop_back();
  return plain;
}

bool is_text(const json& value, const char* text) { return value.is_string() && value == text; }

}  // namespace

Options parse_options(std::string_view config_json) {
  Options options;
  if (config_json.empty()) return options;
  const json config = json::parse(config_json, nullptr, false);
  if (!config.is_object()) refuse("one JSON object");
  for (const auto& [key, value] : config.items()) {
    if (key == "max_events")
      options.events_max = static_cast<std::size_t>(number(value, key, kEventsMax));
    if ((key == "proc_root" && !is_text(value, "/proc")) ||
        (key == "sys_root" && !is_text(value, "/sys")))
      options.other_root = true;
    if (key == "observer_pids") options.observer_pids = pids(value, key);
    if (key == "pids") options.pids = pids(value, key);
    if (key == "cgroups")
      for (const json& entry : list(value, key)) options.cgroups.push_back(path(entry, key));
  }
  return options;
}

}  // namespace melisai::plugins::ebpf
