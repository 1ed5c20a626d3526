#include "core/serve/reading.h"

#include <algorithm>
#include <filesystem>

#include "core/base/http_client.h"
#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kPatternsMax = 200;
constexpr std::size_t kPatternLengthMax = 200;
constexpr std::size_t kParamsMax = 100;
constexpr std::size_t kParamLengthMax = 4096;
constexpr std::size_t kItemsMax = 200;

std::string limit_passed(std::size_t limit) {
  return "more than " + std::to_string(limit) + ", the limit of this list";
}

std::string ref_problem(const std::string& pattern) {
  if (pattern.starts_with("refs/heads/") || pattern.starts_with("refs/tags/"))
    return in_quotes(pattern) + ": write the name without refs/heads/ or refs/tags/";
  if (pattern.starts_with("refs/"))
    return in_quotes(pattern) +
           " names what strangers may push, such as pull requests; only branches and tags are run";
  return "";
}

}  // namespace

void Reading::remark(const std::string& sentence) {
  if (std::find(remarks.begin(), remarks.end(), sentence) == remarks.end())
    remarks.push_back(sentence);
}

std::string expanded(ConfigMap& map, std::string_view key, Reading& reading) {
  if (names_private(key)) {
    const std::string text = private_text(map, key, reading);
    if (!text.empty() && text == map.string(key, ""))
      reading.remark("the value of " + in_quotes(key) +
                     " stands in the file itself, of which every run keeps a copy in the queue; "
                     "write ${NAME} or ${secret:NAME} instead");
    return text;
  }
  Result<std::string> text = reading.env.expand(map.string(key, ""));
  if (text) return *std::move(text);
  map.fail(key, text.error().message);
  return "";
}

std::string private_text(ConfigMap& map, std::string_view key, Reading& reading) {
  Result<std::string> text = reading.env.expand_private(map.string(key, ""));
  if (text) return *std::move(text);
  map.fail(key, text.error().message);
  return "";
}

std::vector<std::string> one_or_more(ConfigMap& map, std::string_view key, Reading& reading) {
  const ConfigValue* const value = map.find(key);
  if (value == nullptr) return {};
  if (value->kind == ConfigValue::Kind::scalar) return {value->text};
  return scalars_of(*value, reading.errors);
}

std::vector<std::string> read_patterns(ConfigMap& map, std::string_view key, Reading& reading) {
  std::vector<std::string> patterns = one_or_more(map, key, reading);
  if (patterns.size() > kPatternsMax) map.fail(key, limit_passed(kPatternsMax));
  for (const std::string& pattern : patterns)
    if (pattern.empty() || pattern.size() > kPatternLengthMax)
      map.fail(key, in_quotes(pattern) + " is not a pattern; use 1 to " +
                        std::to_string(kPatternLengthMax) + " bytes");
  return patterns;
}

std::vector<std::string> read_ref_patterns(ConfigMap& map, std::string_view key, Reading& reading,
                                           const std::vector<std::string>& fallback) {
  if (map.find(key) == nullptr) return fallback;
  std::vector<std::string> patterns = read_patterns(map, key, reading);
  for (const std::string& pattern : patterns)
    if (const std::string problem = ref_problem(pattern); !problem.empty()) map.fail(key, problem);
  return patterns;
}

std::map<std::string, std::string> read_params(ConfigMap& map, Reading& reading) {
  std::map<std::string, std::string> params;
  const ConfigValue& section = map.section("params");
  const ConfigMap kind_check(section, reading.errors);
  if (section.entries.size() > kParamsMax) map.fail("params", limit_passed(kParamsMax));
  for (const ConfigEntry& entry : section.entries) {
    if (!is_env_name(entry.key))
      reading.errors.add(entry.position, in_quotes(entry.key) +
                                             " is not a name of a parameter; use letters, "
                                             "digits and '_', not starting with a digit");
    if (entry.value.kind != ConfigValue::Kind::scalar)
      reading.errors.add(entry.value.position, "expected the text of parameter " +
                                                   in_quotes(entry.key) + ", found " +
                                                   std::string(describe(entry.value.kind)));
    if (entry.value.text.size() > kParamLengthMax)
      reading.errors.add(entry.value.position,
                         "a parameter has at most " + std::to_string(kParamLengthMax) + " bytes");
    params[entry.key] = entry.value.text;
  }
  return params;
}

std::string read_timezone(ConfigMap& map, PipelineSpec::Trigger trigger, Reading& reading) {
  std::string name = map.string("timezone", "UTC");
  if (map.find("timezone") == nullptr) return name;
  if (trigger != PipelineSpec::Trigger::cron)
    map.fail("timezone", "only used with 'trigger: cron'; remove it or change the trigger");
  if (!reading.sources.is_timezone(name))
    map.fail("timezone", in_quotes(name) +
                             " is no time zone of this machine; write UTC or a name such as "
                             "Europe/Berlin (`timedatectl list-timezones` lists them)");
  return name;
}

std::string absolute_path(const std::string& path, const Reading& reading) {
  if (path.empty()) return path;
  return (std::filesystem::path(reading.sources.directory) / path).lexically_normal().string();
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host.starts_with("127.");
}

std::string url_problem(const std::string& url) {
  const bool encrypted = url.starts_with("https://");
  const std::string host = host_in(url);
  if (host.empty() || (!encrypted && !url.starts_with("http://")))
    return "is no address of a web service; write https://HOST/...";
  if (!encrypted && !is_this_machine(host.substr(0, host.find(':'))))
    return "would be readable by everybody on the way; write https://...";
  return "";
}

bool is_plain_name(std::string_view name) {
  return run::is_valid_name(name) && name.find('/') == std::string_view::npos;
}

const std::vector<ConfigValue>& items_of(ConfigMap& map, std::string_view key,
                                         std::string_view example) {
  static const std::vector<ConfigValue> kNone;
  const ConfigValue* const list = map.find(key);
  if (list == nullptr) return kNone;
  if (list->kind != ConfigValue::Kind::sequence)
    map.fail(key, "expected a list of '" + std::string(example) + "', found " +
                      std::string(describe(list->kind)));
  if (list->items.size() > kItemsMax) map.fail(key, limit_passed(kItemsMax));
  return list->items;
}

}  // namespace melisai::serve
