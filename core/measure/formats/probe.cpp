#include "core/measure/formats/probe.h"

#include <algorithm>

#include "core/measure/formats/json_reader.h"
#include "core/measure/formats/lines.h"
#include "core/measure/formats/xml.h"

namespace melisai::formats {
namespace {

constexpr std::size_t kShapesMax = 5'000;
constexpr std::size_t kShapeDepth = 5;
constexpr std::size_t kShortText = 200;
constexpr std::size_t kShortName =
    100;  // of a shape; others are cut, or few bytes make long shapes
constexpr std::size_t kLinesMax = 20'000;
constexpr std::size_t kElementsMax = 1'000;

using Shapes = std::map<std::string, std::string>;

/// Between the names of a shape: a name may hold dots.
constexpr char kBelow = '\x1F';

/// Collects where values are.
class ShapeHandler final : public JsonHandler {
 public:
  explicit ShapeHandler(Shapes& shapes) : shapes_(shapes) {}

  Result<void> begin_object() override { return begin(false); }
  Result<void> begin_array() override { return begin(true); }
  Result<void> end() override {
    levels_.pop_back();
    return {};
  }
  Result<void> key(std::string& name) override {
    levels_.back().key.assign(name, 0, kShortName);
    return {};
  }
  Result<void> string(std::string& text) override { return note(text); }
  Result<void> number(double) override { return note(""); }
  Result<void> boolean(bool) override { return note(""); }
  Result<void> null() override { return note(""); }

 private:
  struct Level {
    bool is_array = false;
    std::string shape;  ///< of the container itself
    std::string key;
  };

  /// Of the value that comes now; "" for the document, and where it is too deep.
  std::string shape() const {
    if (levels_.empty() || levels_.size() > kShapeDepth) return "";
    const Level& parent = levels_.back();
    if (parent.is_array) return parent.shape + "[]";
    return parent.shape.empty() ? parent.key : parent.shape + kBelow + parent.key;
  }
  Result<void> note(const std::string& text) {
    std::string here = shape();
    if (!here.empty() && shapes_.size() < kShapesMax)
      shapes_.try_emplace(std::move(here), text.size() <= kShortText ? text : "");
    return {};
  }
  Result<void> begin(bool is_array) {
    MELISAI_CHECK(note(""));
    levels_.push_back({.is_array = is_array, .shape = shape(), .key = {}});
    return {};
  }

  Shapes& shapes_;
  std::vector<Level> levels_;
};

/// Whether `shape` is what `asked` describes: names joined by '.', '*' for any name.
bool fits(std::string_view shape, std::string_view asked) {
  while (!asked.empty()) {
    if (asked.front() == '*') {
      // Up to the end of the name, without the brackets of arrays behind it.
      std::size_t end = std::min(shape.find(kBelow), shape.size());
      while (shape.substr(0, end).ends_with("[]")) end -= 2;
      if (end == 0) return false;
      shape.remove_prefix(end);
    } else {
      const char wanted = asked.front();
      if (shape.empty() || !(shape.front() == wanted || (wanted == '.' && shape.front() == kBelow)))
        return false;
      shape.remove_prefix(1);
    }
    asked.remove_prefix(1);
  }
  return shape.empty();
}

class ElementHandler final : public XmlHandler {
 public:
  explicit ElementHandler(std::vector<std::string>& elements) : elements_(elements) {}
  Result<void> begin(const std::string& element, const XmlAttributes&) override {
    if (elements_.size() < kElementsMax) elements_.push_back(element);
    return {};
  }
  Result<void> end(const std::string&, const std::string&) override { return {}; }

 private:
  std::vector<std::string>& elements_;
};

char first_character(std::string_view head) {
  const std::size_t at = head.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : head[at];
}

}  // namespace

Probe::Probe(std::string_view head, std::string source) : source_(std::move(source)) {
  const Limits limits;
  Input input(head, source_);
  const char first = first_character(head);
  if (first == '{' || first == '[') {
    ShapeHandler handler(shapes_);
    // The head may end anywhere, and another document may follow.
    const Result<void> whole = read_json(input, limits, handler);
    // "[2026-04-12 ...] a log" begins like a list of numbers, too.
    if (whole || shapes_.size() > 1) kind_ = Kind::json;
  } else if (first == '<') {
    ElementHandler handler(elements_);
    (void)read_xml(input, limits, handler);
    if (!elements_.empty()) kind_ = Kind::xml;
  }
  Input again(head, source_);
  Lines lines(again, limits);
  while (lines_.size() < kLinesMax) {
    const Result<std::optional<std::string_view>> line = lines.next();
    if (!line || !*line) break;
    lines_.emplace_back(**line);
  }
}

bool Probe::has(std::string_view shape) const {
  return std::any_of(shapes_.begin(), shapes_.end(),
                     [&](const auto& known) { return fits(known.first, shape); });
}

std::string_view Probe::text_at(std::string_view shape) const {
  const auto found = std::find_if(shapes_.begin(), shapes_.end(),
                                  [&](const auto& known) { return fits(known.first, shape); });
  return found == shapes_.end() ? std::string_view() : found->second;
}

bool Probe::has_line_with(std::string_view part) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

bool Probe::has_line_starting(std::string_view start) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const std::string& line) { return line.starts_with(start); });
}

bool Probe::has_element(std::string_view name) const {
  return std::find(elements_.begin(), elements_.end(), name) != elements_.end();
}

}  // namespace melisai::formats
