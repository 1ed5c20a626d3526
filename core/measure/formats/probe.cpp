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
constexpr std::size_t kLinesMax = 20'000;
constexpr std::size_t kElementsMax = 1'000;

using Shapes = std::map<std::string, std::string, std::less<>>;

/// Collects where values are, with their names and with any name.
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
    levels_.back().key = name;
    return {};
  }
  Result<void> string(std::string& text) override { return note(text); }
  Result<void> number(double) override { return note(""); }
  Result<void> boolean(bool) override { return note(""); }
  Result<void> null() override { return note(""); }

 private:
  struct Level {
    bool is_array = false;
    std::string named, any;  ///< shapes of the container itself
    std::string key;
  };

  Level next(bool is_array) const {
    if (levels_.empty()) return {.is_array = is_array, .named = {}, .any = {}, .key = {}};
    const Level& parent = levels_.back();
    const auto below = [&](const std::string& shape, const std::string& name) {
      if (parent.is_array) return shape + "[]";
      return shape.empty() ? name : shape + "." + name;
    };
    return {.is_array = is_array,
            .named = below(parent.named, parent.key),
            .any = below(parent.any, "*"),
            .key = {}};
  }
  /// With its own name at the end, whatever the names above are.
  std::string any_but_last() const {
    if (levels_.empty() || levels_.back().is_array) return "";
    const Level& parent = levels_.back();
    return parent.any.empty() ? parent.key : parent.any + "." + parent.key;
  }
  Result<void> note(const std::string& text) {
    if (levels_.empty() || levels_.size() > kShapeDepth || shapes_.size() > kShapesMax) return {};
    const Level here = next(false);
    const std::string value = text.size() <= kShortText ? text : "";
    for (const std::string& shape : {here.named, here.any, any_but_last()})
      if (!shape.empty()) shapes_.try_emplace(shape, value);
    return {};
  }
  Result<void> begin(bool is_array) {
    MELISAI_CHECK(note(""));
    levels_.push_back(next(is_array));
    return {};
  }

  Shapes& shapes_;
  std::vector<Level> levels_;
};

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

std::string_view Probe::text_at(std::string_view shape) const {
  const auto found = shapes_.find(shape);
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
