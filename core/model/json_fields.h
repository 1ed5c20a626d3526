// Reading one JSON object field by field: every problem names its place, and after the first one
// every read returns its fallback. Private to core/model.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace melisai {

/// Where reading stands: the first problem is kept.
struct JsonReading {
  std::string problem;

  void fail(const std::string& path, const std::string& what) {
    if (problem.empty()) problem = path + ": " + what;
  }
};

/// One JSON object. Required fields must be there; the others keep their value when absent.
class JsonFields {
 public:
  // Sorted, unlike what to_json() writes: looking up a key of an ordered object is linear, and a
  // hostile file holds millions.
  using Value = nlohmann::json;
  enum class Presence { required, optional };
  static constexpr Presence kRequired = Presence::required;

  JsonFields(const Value& value, std::string path, JsonReading& reading);

  void read(std::string_view key, std::string& out, Presence presence = kRequired);
  void read(std::string_view key, bool& out, Presence presence = kRequired);
  /// null stands for a number that was not finite.
  void read(std::string_view key, double& out, Presence presence = kRequired);
  void read(std::string_view key, std::optional<double>& out, Presence presence = kRequired);
  void read(std::string_view key, int& out, Presence presence = kRequired);
  void read(std::string_view key, std::uint64_t& out, Presence presence);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                       std::int64_t max, Presence presence = kRequired);
  void read(std::string_view key, std::vector<std::string>& out, Presence presence = kRequired);
  void read(std::string_view key, std::vector<std::int64_t>& out, Presence presence = kRequired);
  /// A string, or a number as JSON writes it.
  void read_text(std::string_view key, std::string& out, Presence presence = kRequired);

  /// A word that to_string() gives for one of `all`.
  template <class Enum>
  void read_word(std::string_view key, std::span<const Enum> all, Enum& out,
                 Presence presence = kRequired) {
    std::vector<std::string_view> words;
    for (const Enum candidate : all) words.push_back(to_string(candidate));
    if (const std::optional<std::size_t> at = word_at(key, words, presence)) out = all[*at];
  }

  /// Appends `one(fields of an element)` for each object of an array.
  template <class T>
  void read_objects(std::string_view key, std::vector<T>& out, T (*one)(JsonFields),
                    Presence presence = kRequired) {
    each(
        key, [&](const JsonFields& element) { out.push_back(one(element)); }, presence);
  }

  bool has(std::string_view key) const;
  std::vector<std::string> names() const;  ///< of all members

  /// The object at `key`; nothing when it is absent, or null and may be.
  std::optional<JsonFields> object(std::string_view key, Presence presence = kRequired,
                                   bool nullable = false);

 private:
  const Value* array(std::string_view key, Presence presence);
  void each(std::string_view key, const std::function<void(const JsonFields&)>& one,
            Presence presence);
  std::optional<std::size_t> word_at(std::string_view key,
                                     const std::vector<std::string_view>& words, Presence presence);
  const Value* find(std::string_view key, Presence presence);
  void wrong(std::string_view key, const std::string& expected, const Value& found);
  std::string at(std::string_view key) const;

  const Value* object_ = nullptr;
  std::string path_;
  JsonReading& reading_;
};

}  // namespace melisai
