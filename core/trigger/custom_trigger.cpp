#include "core/trigger/custom_trigger.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/text.h"
#include "core/trigger/ref_names.h"

namespace melisai::trigger {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::size_t kLineBytesMax = 64 << 10;
constexpr int kLinesPerMinuteMax = 100;
constexpr std::size_t kParamsMax = 100;
constexpr std::size_t kParamNameBytesMax = 100;
constexpr std::size_t kNameBytesMax = 1000;
constexpr std::size_t kShortShaDigits = 40;
constexpr std::size_t kLongShaDigits = 64;

Error wrong(const std::string& what) { return Error{Errc::parse, what}; }

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<std::string> text_of(const Json& value, const std::string& key) {
  if (!value.is_string()) return wrong(in_quotes(key) + " is not a text; write it in quotes");
  return value.get<std::string>();
}

/// A name that git or a person would use.
Result<std::string> name_of(const Json& value, const std::string& key) {
  MELISAI_TRY(std::string name, text_of(value, key));
  if (name.empty() || name.size() > kNameBytesMax || name.front() == '-' ||
      has_control_character(name))
    return wrong(in_quotes(key) + " " + in_quotes(name) +
                 " is no name; write 1 to 1,000 bytes without control characters, not starting "
                 "with '-'");
  return name;
}

Result<std::string> read_ref(const Json& value) {
  MELISAI_TRY(std::string ref, name_of(value, "ref"));
  if (is_proposal(ref)) return wrong(proposal_refused(ref).message);
  if (ref.starts_with(kBranchPrefix) || ref.starts_with(kTagPrefix)) return ref;
  if (ref.starts_with("refs/"))
    return wrong(in_quotes(ref) +
                 " is neither a branch nor a tag; write refs/heads/... or "
                 "refs/tags/...");
  return std::string(kBranchPrefix) + ref;
}

Result<std::string> read_sha(const Json& value) {
  MELISAI_TRY(std::string sha, text_of(value, "sha"));
  const bool digits =
      std::all_of(sha.begin(), sha.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (!digits || (sha.size() != kShortShaDigits && sha.size() != kLongShaDigits))
    return wrong("'sha' " + in_quotes(sha) + " is no full commit id; write 40 or 64 hex digits");
  std::transform(sha.begin(), sha.end(), sha.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return sha;
}

Result<std::map<std::string, std::string>> read_params(const Json& value) {
  if (!value.is_object()) return wrong("'params' is not an object of texts");
  if (value.size() > kParamsMax)
    return wrong("more than " + std::to_string(kParamsMax) + " params");
  std::map<std::string, std::string> params;
  for (const auto& [name, content] : value.items()) {
    MELISAI_TRY(std::string text, text_of(content, name));
    const Result<void> checked = check_param(name, text);
    if (!checked) return wrong(checked.error().message);
    params[name] = std::move(text);
  }
  return params;
}

Result<void> read_key(const std::string& key, const Json& value, CustomFiring& firing) {
  if (key == "ref") {
    MELISAI_TRY(firing.ref, read_ref(value));
  } else if (key == "sha") {
    MELISAI_TRY(firing.sha, read_sha(value));
  } else if (key == "pipeline") {
    MELISAI_TRY(firing.pipeline, name_of(value, key));
  } else if (key == "id") {
    MELISAI_TRY(firing.id, name_of(value, key));
  } else if (key == "params") {
    MELISAI_TRY(firing.params, read_params(value));
  } else {
    return wrong("unknown key " + in_quotes(key) + "; allowed: ref, sha, pipeline, id, params");
  }
  return {};
}

Result<void> read_object(std::string_view line, CustomFiring& firing) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object())
    return wrong(R"(not a JSON object; write {"pipeline": "nightly"} or {"ref": ..., "sha": ...})");
  for (const auto& [key, value] : json.items()) MELISAI_CHECK(read_key(key, value, firing));
  return {};
}

}  // namespace

Result<void> check_param(std::string_view name, std::string_view value) {
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (!plain || name.empty() || name.size() > kParamNameBytesMax)
    return Error{Errc::usage, "parameter " + in_quotes(name) +
                                  " has no usable name; write 1 to 100 letters, digits and '_'"};
  if (value.find('\0') != std::string_view::npos)
    return Error{Errc::usage, "the value of parameter " + in_quotes(name) +
                                  " holds a NUL character, which no variable can; remove it"};
  return {};
}

Result<CustomFiring> parse_custom_firing(std::string_view line) {
  CustomFiring firing;
  MELISAI_CHECK(read_object(line, firing));
  if (firing.ref.empty() != firing.sha.empty())
    return wrong("'ref' and 'sha' belong together; write both or neither");
  if (firing.ref.empty() && firing.pipeline.empty())
    return wrong("names nothing to start; write 'pipeline', or 'ref' and 'sha'");
  return firing;
}

CustomTriggerReader::CustomTriggerReader(const std::string& name) : cutter_(name, kLineBytesMax) {}

bool CustomTriggerReader::may_read(MonotonicTime now) {
  if (now - minute_start_ >= 1min) {
    minute_start_ = now;
    lines_in_minute_ = 0;
  }
  if (lines_in_minute_ == kLinesPerMinuteMax) {
    ++dropped_;
    return false;
  }
  ++lines_in_minute_;
  return true;
}

Result<CustomTriggerReader::Batch> CustomTriggerReader::add(std::string_view bytes,
                                                            MonotonicTime now) {
  Batch batch;
  MELISAI_CHECK(cutter_.add(bytes, [&](std::string_view line) -> Result<void> {
    read_line(line, now, batch);
    return {};
  }));
  return batch;
}

Result<CustomTriggerReader::Batch> CustomTriggerReader::finish(MonotonicTime now) {
  Batch batch;
  MELISAI_CHECK(cutter_.finish([&](std::string_view line) -> Result<void> {
    if (!line.empty()) read_line(line, now, batch);
    return {};
  }));
  return batch;
}

void CustomTriggerReader::read_line(std::string_view line, MonotonicTime now, Batch& batch) {
  if (!may_read(now)) return;
  Result<CustomFiring> firing = parse_custom_firing(line);
  if (firing)
    batch.firings.push_back(*std::move(firing));
  else
    batch.errors.push_back(with_context(firing.error(), cutter_.place()));
}

}  // namespace melisai::trigger
