#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/text.h"
#include "core/model/host_json.h"
#include "core/model/host_report.h"

namespace melisai {
namespace {

using Value = nlohmann::ordered_json;

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kTextBytesMax = 4096;
constexpr std::size_t kStackBytesMax = std::size_t{64} << 10;  // 128 frames of long C++ names

std::string fit(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80)
      --bytes_max;
    text = text.substr(0, bytes_max);
  }
  std::string blanks(text);
  // The kernel puts tabs between the numbers of a setting: no "?" there.
  std::replace(blanks.begin(), blanks.end(), '\t', ' ');
  return printable(blanks);
}

Value fit(const Value& value, std::string_view name) {
  if (value.is_string())
    return fit(value.get_ref<const std::string&>(),
               name == "stack" ? kStackBytesMax : kTextBytesMax);
  if (value.is_array()) {
    Value all = Value::array();
    for (const Value& element : value) all.push_back(fit(element, name));
    return all;
  }
  if (!value.is_object()) return value;
  Value all = Value::object();
  for (const auto& [member, held] : value.items()) {
    if (!held.is_null()) all.emplace(fit(member, kNameBytesMax), fit(held, member));
  }
  return all;
}

/// Which limit a document passes, told by the parser's events before anything is kept.
class Watch {
 public:
  explicit Watch(const HostJsonLimits& limits) : limits_(limits) {}

  bool keep(int depth, Value::parse_event_t event) {
    if (!problem_.empty()) return false;
    using Event = Value::parse_event_t;
    if (event == Event::object_start) members_.push_back(0);
    if (event == Event::object_end) members_.pop_back();
    if (event == Event::key && ++members_.back() > limits_.members_max)
      problem_ = "an object of more than " + std::to_string(limits_.members_max) + " members";
    if (depth > limits_.depth_max)
      problem_ = "nested deeper than " + std::to_string(limits_.depth_max) + " levels";
    return problem_.empty();
  }
  const std::string& problem() const { return problem_; }

 private:
  const HostJsonLimits& limits_;
  std::vector<std::size_t> members_;  // of the objects that are open
  std::string problem_;
};

Error bad(const std::string& what) { return {Errc::parse, what}; }

/// Nothing unless every name on the way is there.
const Value* at(const Value& object, std::string_view path) {
  const Value* here = &object;
  while (!path.empty()) {
    if (!here->is_object()) return nullptr;
    auto found = here->find(path);
    const std::size_t dot = path.find('.');
    if (found == here->end() && dot != std::string_view::npos) {
      found = here->find(path.substr(0, dot));
      path.remove_prefix(dot + 1);
    } else {
      path = {};
    }
    if (found == here->end()) return nullptr;
    here = &*found;
  }
  return here;
}

}  // namespace

struct HostData::Body {
  Value value = Value::object();
};

Result<void> parse_host_json(std::string_view text, const HostJsonLimits& limits, Value& out) {
  if (text.size() > limits.bytes_max)
    return bad("longer than the limit of " + std::to_string(limits.bytes_max) + " bytes");
  Watch watch(limits);
  const auto keep = [&](int depth, Value::parse_event_t event, Value&) {
    return watch.keep(depth, event);
  };
  try {
    out = Value::parse(text, keep);
  } catch (const Value::parse_error& error) {
    // Not error.what(): it quotes what was found, which can be long and is not ours.
    return bad("not JSON at byte " + std::to_string(error.byte));
  } catch (const Value::exception&) {
    return bad("a number is out of range");
  }
  if (!watch.problem().empty()) return bad(watch.problem());
  if (!out.is_object()) return bad("expected an object, found " + std::string(out.type_name()));
  out = fit(out, "");
  return {};
}

HostData HostDataAccess::of(Value value) {
  HostData data;
  if (value.is_object())
    data.body_ = std::make_shared<const HostData::Body>(HostData::Body{std::move(value)});
  return data;
}

const Value& HostDataAccess::value(const HostData& data) { return data.body_->value; }

// Shared with the reports that hold it, because a report is copied when it is judged.
HostData::HostData() : body_(std::make_shared<const Body>()) {}

Result<HostData> HostData::parse(std::string_view json) {
  Value value;
  MELISAI_CHECK(parse_host_json(json, {}, value));
  return HostDataAccess::of(std::move(value));
}

bool HostData::empty() const { return body_->value.empty(); }

std::optional<double> HostData::number(std::string_view path) const {
  const Value* value = at(body_->value, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::string> HostData::text(std::string_view path) const {
  const Value* value = at(body_->value, path);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::optional<bool> HostData::flag(std::string_view path) const {
  const Value* value = at(body_->value, path);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

HostData HostData::object(std::string_view path) const {
  const Value* value = at(body_->value, path);
  return value == nullptr ? HostData() : HostDataAccess::of(*value);
}

std::vector<HostData> HostData::list(std::string_view path) const {
  std::vector<HostData> objects;
  const Value* value = at(body_->value, path);
  if (value == nullptr || !value->is_array()) return objects;
  for (const Value& element : *value) {
    if (element.is_object()) objects.push_back(HostDataAccess::of(element));
  }
  return objects;
}

std::vector<std::string> HostData::names(std::string_view path) const {
  std::vector<std::string> all;
  const Value* value = at(body_->value, path);
  if (value == nullptr || !value->is_object()) return all;
  for (const auto& member : value->items()) all.push_back(member.key());
  return all;
}

std::string HostData::to_json() const {
  return body_->value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

bool HostData::operator==(const HostData& other) const {
  return body_ == other.body_ || nlohmann::json(body_->value) == nlohmann::json(other.body_->value);
}

}  // namespace melisai
