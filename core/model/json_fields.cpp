#include "core/model/json_fields.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace melisai {
namespace {

std::string kind(const JsonFields::Value& value) {
  if (value.is_number_integer()) return "the integer " + value.dump();
  return value.type_name();
}

}  // namespace

JsonFields::JsonFields(const Value& value, std::string path, JsonReading& reading)
    : path_(std::move(path)), reading_(reading) {
  if (value.is_object()) {
    object_ = &value;
  } else {
    reading_.fail(path_.empty() ? "the document" : path_,
                  "expected an object, found " + kind(value));
  }
}

void JsonFields::read(std::string_view key, std::string& out, Presence presence) {
  const Value* value = find(key, presence);
  if (value == nullptr) return;
  if (!value->is_string()) return wrong(key, "a string", *value);
  out = value->get_ref<const std::string&>();
}

void JsonFields::read(std::string_view key, bool& out, Presence presence) {
  const Value* value = find(key, presence);
  if (value == nullptr) return;
  if (!value->is_boolean()) return wrong(key, "true or false", *value);
  out = value->get<bool>();
}

void JsonFields::read(std::string_view key, double& out, Presence presence) {
  const Value* value = find(key, presence);
  if (value == nullptr) return;
  if (value->is_null()) {
    out = std::numeric_limits<double>::quiet_NaN();
  } else if (value->is_number()) {
    out = value->get<double>();
  } else {
    wrong(key, "a number", *value);
  }
}

void JsonFields::read(std::string_view key, std::optional<double>& out, Presence presence) {
  const Value* value = find(key, presence);
  if (value == nullptr || value->is_null()) return;
  if (!value->is_number()) return wrong(key, "a number or null", *value);
  out = value->get<double>();
}

void JsonFields::read(std::string_view key, int& out, Presence presence) {
  out = static_cast<int>(integer(key, out, 0, std::numeric_limits<int>::max(), presence));
}

void JsonFields::read(std::string_view key, std::uint64_t& out, Presence presence) {
  const Value* value = find(key, presence);
  if (value == nullptr) return;
  if (!value->is_number_unsigned()) return wrong(key, "an integer from 0", *value);
  out = value->get<std::uint64_t>();
}

std::int64_t JsonFields::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                 std::int64_t max, Presence presence) {
  const Value* value = find(key, presence);
  if (value == nullptr) return fallback;
  const bool fits =
      value->is_number_integer() &&
      !(value->is_number_unsigned() &&
        value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) &&
      value->get<std::int64_t>() >= min && value->get<std::int64_t>() <= max;
  if (fits) return value->get<std::int64_t>();
  wrong(key, "an integer from " + std::to_string(min) + " to " + std::to_string(max), *value);
  return fallback;
}

void JsonFields::read(std::string_view key, std::vector<std::string>& out, Presence presence) {
  const Value* value = array(key, presence);
  for (std::size_t i = 0; value != nullptr && i < value->size(); ++i) {
    const Value& element = (*value)[i];
    if (!element.is_string())
      return reading_.fail(at(key) + "[" + std::to_string(i) + "]",
                           "expected a string, found " + kind(element));
    out.push_back(element.get<std::string>());
  }
}

void JsonFields::read(std::string_view key, std::vector<std::int64_t>& out, Presence presence) {
  const Value* value = array(key, presence);
  for (std::size_t i = 0; value != nullptr && i < value->size(); ++i) {
    const Value& element = (*value)[i];
    if (!element.is_number_integer())
      return reading_.fail(at(key) + "[" + std::to_string(i) + "]",
                           "expected an integer, found " + kind(element));
    out.push_back(element.get<std::int64_t>());
  }
}

void JsonFields::read_text(std::string_view key, std::string& out, Presence presence) {
  const Value* value = find(key, presence);
  if (value != nullptr && value->is_number()) {
    out = value->dump();
  } else {
    read(key, out, presence);
  }
}

std::vector<std::string> JsonFields::names() const {
  std::vector<std::string> all;
  if (object_ == nullptr) return all;
  for (const auto& member : object_->items()) all.push_back(member.key());
  return all;
}

std::optional<JsonFields> JsonFields::object(std::string_view key, Presence presence,
                                             bool nullable) {
  const Value* value = find(key, presence);
  if (value == nullptr || (nullable && value->is_null())) return std::nullopt;
  return JsonFields(*value, at(key), reading_);
}

const JsonFields::Value* JsonFields::array(std::string_view key, Presence presence) {
  const Value* value = find(key, presence);
  if (value == nullptr || value->is_array()) return value;
  wrong(key, "an array", *value);
  return nullptr;
}

void JsonFields::each(std::string_view key, const std::function<void(const JsonFields&)>& one,
                      Presence presence) {
  const Value* value = array(key, presence);
  if (value == nullptr) return;
  for (std::size_t i = 0; i < value->size() && reading_.problem.empty(); ++i) {
    one(JsonFields((*value)[i], at(key) + "[" + std::to_string(i) + "]", reading_));
  }
}

std::optional<std::size_t> JsonFields::word_at(std::string_view key,
                                               const std::vector<std::string_view>& words,
                                               Presence presence) {
  if (find(key, presence) == nullptr) return std::nullopt;
  std::string word;
  read(key, word);
  if (!reading_.problem.empty()) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string all;
  for (const std::string_view each : words) all += (all.empty() ? "" : ", ") + std::string(each);
  reading_.fail(at(key), "unknown word; expected one of " + all);
  return std::nullopt;
}

bool JsonFields::has(std::string_view key) const {
  return object_ != nullptr && object_->contains(key);
}

const JsonFields::Value* JsonFields::find(std::string_view key, Presence presence) {
  if (object_ == nullptr || !reading_.problem.empty()) return nullptr;
  const auto found = object_->find(key);
  if (found != object_->end()) return &*found;
  if (presence == Presence::required) reading_.fail(at(key), "missing");
  return nullptr;
}

void JsonFields::wrong(std::string_view key, const std::string& expected, const Value& found) {
  reading_.fail(at(key), "expected " + expected + ", found " + kind(found));
}

std::string JsonFields::at(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

}  // namespace melisai
