#include "core/measure/formats/json_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/measure/formats/json_reader.h"
#include "core/measure/formats/units.h"

namespace melisai::formats {
namespace {

using Json = nlohmann::json;

// What a value and a member take besides the bytes of their texts: about the nodes of a tree.
constexpr std::size_t kValueCost = sizeof(Json);
constexpr std::size_t kMemberCost = 64 + sizeof(std::string);

/// One value that grows by events.
class Document {
 public:
  explicit Document(const Limits& limits) : limits_(limits) {}

  Result<void> value(Json value, std::size_t cost = 0) {
    MELISAI_CHECK(pay(kValueCost + cost));
    Json& place = place_for(std::move(value));
    if (place.is_structured()) open_.push_back(&place);
    return {};
  }
  Result<void> key(const std::string& name) {
    MELISAI_CHECK(pay(kMemberCost + name.size()));
    key_ = name;
    return {};
  }
  void end() { open_.pop_back(); }
  bool is_open() const { return !open_.empty(); }

  Json take() {
    cost_ = 0;
    return std::exchange(root_, Json());
  }

 private:
  Result<void> pay(std::size_t bytes) {
    cost_ += bytes;
    if (cost_ <= limits_.row_bytes_max) return {};
    return Error{Errc::limit,
                 "one benchmark's data, or a document that is read at once, is larger "
                 "than " +
                     format_bytes(limits_.row_bytes_max)};
  }
  Json& place_for(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    Json& parent = *open_.back();
    if (parent.is_object()) return parent[key_] = std::move(value);
    return parent.emplace_back(std::move(value));
  }

  const Limits& limits_;
  std::size_t cost_ = 0;
  Json root_;
  std::string key_;
  std::vector<Json*> open_;
};

class Rows final : public JsonHandler {
 public:
  Rows(const Limits& limits, const JsonPath& path, const TakeRow& take, std::string_view left_out)
      : path_(path), take_(take), left_out_(left_out), row_(limits) {}

  std::size_t count() const { return count_; }

  Result<void> begin_object() override { return begin(Json::object(), true); }
  Result<void> begin_array() override { return begin(Json::array(), false); }
  Result<void> end() override {
    if (skipped_depth_ > 0) {
      --skipped_depth_;
      return {};
    }
    if (row_.is_open()) {
      row_.end();
      return row_.is_open() ? Result<void>() : finish_row();
    }
    levels_.pop_back();
    return {};
  }
  Result<void> key(std::string& name) override {
    if (skipped_depth_ > 0) return {};
    is_left_out_ = row_.is_open() && !left_out_.empty() && name == left_out_;
    if (is_left_out_) return {};
    if (row_.is_open()) return row_.key(name);
    levels_.back().key = name;
    return {};
  }
  Result<void> string(std::string& text) override {
    const std::size_t size = text.size();
    return scalar([&] { return Json(std::move(text)); }, size);
  }
  Result<void> number(double value) override {
    return scalar([&] { return Json(value); });
  }
  Result<void> boolean(bool value) override {
    return scalar([&] { return Json(value); });
  }
  Result<void> null() override {
    return scalar([] { return Json(); });
  }

 private:
  struct Level {
    bool is_object = false;
    bool is_on_path = false;  ///< its own place begins the path
    std::string key;
    std::size_t next = 0;  ///< position of the next element
  };

  /// Whether the value that comes now is on the path: its place begins it.
  bool comes_on_path() {
    if (levels_.empty()) return true;
    Level& level = levels_.back();
    const std::size_t position = level.next++;
    if (!level.is_on_path || levels_.size() > path_.steps.size()) return false;
    const JsonStep& step = path_.steps[levels_.size() - 1];
    switch (step.kind) {
      case JsonStep::Kind::name: return level.is_object && level.key == step.name;
      case JsonStep::Kind::index: return !level.is_object && position == step.index;
      case JsonStep::Kind::any: break;
    }
    return true;
  }
  bool is_row(bool is_on_path) const { return is_on_path && levels_.size() == path_.steps.size(); }

  Result<void> begin(Json empty, bool is_object) {
    if (skipped_depth_ > 0 || std::exchange(is_left_out_, false)) {
      ++skipped_depth_;
      return {};
    }
    if (row_.is_open()) return row_.value(std::move(empty));
    const bool is_on_path = comes_on_path();
    if (is_row(is_on_path)) return row_.value(std::move(empty));
    levels_.push_back({.is_object = is_object, .is_on_path = is_on_path, .key = {}});
    return {};
  }
  template <class Make>
  Result<void> scalar(const Make& make, std::size_t cost = 0) {
    if (skipped_depth_ > 0 || std::exchange(is_left_out_, false)) return {};
    if (row_.is_open()) return row_.value(make(), cost);
    if (!is_row(comes_on_path())) return {};
    MELISAI_CHECK(row_.value(make(), cost));
    return finish_row();
  }
  Result<void> finish_row() {
    ++count_;
    std::vector<std::string> at;
    for (std::size_t i = 0; i < levels_.size(); ++i)
      if (path_.steps[i].kind == JsonStep::Kind::any)
        at.push_back(levels_[i].is_object ? levels_[i].key : std::to_string(levels_[i].next - 1));
    Json value = row_.take();
    return take_({value, at});
  }

  const JsonPath& path_;
  const TakeRow& take_;
  std::string_view left_out_;
  bool is_left_out_ = false;       ///< the value that comes now
  std::size_t skipped_depth_ = 0;  ///< open objects and arrays of a value that is left out
  Document row_;
  std::vector<Level> levels_;
  std::size_t count_ = 0;
};

}  // namespace

Result<std::size_t> read_rows(Input& input, const Limits& limits, const JsonPath& path,
                              const TakeRow& take, std::string_view left_out) {
  Rows rows(limits, path, take, left_out);
  MELISAI_CHECK(read_json(input, limits, rows));
  return rows.count();
}

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::optional<double> number_at(const Json& object, std::string_view name) {
  const Json* const value = member(object, name);
  return value != nullptr && value->is_number() ? std::optional(value->get<double>())
                                                : std::nullopt;
}

std::optional<double> loose_number_at(const Json& object, std::string_view name) {
  const Json* const value = member(object, name);
  if (value != nullptr && value->is_string())
    return number_from(value->get_ref<const std::string&>());
  return number_at(object, name);
}

std::string text_at(const Json& object, std::string_view name) {
  const Json* const value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::vector<double> numbers_in(const Json* array) {
  std::vector<double> numbers;
  if (array == nullptr || !array->is_array()) return numbers;
  for (const Json& value : *array)
    if (value.is_number()) numbers.push_back(value.get<double>());
  return numbers;
}

}  // namespace melisai::formats
