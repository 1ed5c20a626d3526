// The start of a file, looked at once for all formats.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/input.h"

namespace melisai::formats {

class Probe {
 public:
  enum class Kind { text, json, xml };

  /// `head` must outlive the probe; it may end anywhere.
  Probe(std::string_view head, std::string source);

  Kind kind() const { return kind_; }
  const std::string& source() const { return source_; }

  /// JSON: whether the first document has a value at `shape`: names joined by '.', "[]" for the
  /// elements of an array, "*" for any one name: "benchmarks[].cpu_time", "[].primaryMetric.score",
  /// "*.*.value". At most five levels deep, what lies deeper is not known.
  bool has(std::string_view shape) const;
  /// The first short text at `shape`; "".
  std::string_view text_at(std::string_view shape) const;

  /// Text: cleaned lines (see lines.h).
  const std::vector<std::string>& lines() const { return lines_; }
  /// Whether some line holds `part`.
  bool has_line_with(std::string_view part) const;
  bool has_line_starting(std::string_view start) const;

  /// XML: whether the first elements include one of this name; the root is the first of all.
  bool has_element(std::string_view name) const;
  std::string_view root() const { return elements_.empty() ? std::string_view() : elements_[0]; }

 private:
  std::string source_;
  Kind kind_ = Kind::text;
  std::map<std::string, std::string> shapes_;
  std::vector<std::string> lines_;
  std::vector<std::string> elements_;
};

}  // namespace melisai::formats
