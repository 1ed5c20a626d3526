#include "core/base/config_guard.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <sstream>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// What a reader of the text refuses. Thrown through yaml-cpp, which offers no other way to stop;
// caught in parse_config.
struct Refusal : YAML::ParserException {
  using ParserException::ParserException;
};

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) {
  throw Refusal(mark, what);
}

// yaml-cpp counts columns in bytes.
ConfigPosition position_of(const YAML::Mark& mark, std::string_view text) {
  if (mark.is_null() || mark.pos < 0) return {};
  const std::size_t pos = std::min(static_cast<std::size_t>(mark.pos), text.size());
  const auto bytes = std::min(static_cast<std::size_t>(std::max(mark.column, 0)), pos);
  const std::string_view before = text.substr(pos - bytes, bytes);
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return {.line = mark.line + 1, .column = static_cast<int>(characters) + 1};
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const ConfigLimits& limits) : text_(text), limits_(limits) {}

  ConfigValue take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const auto pos = static_cast<std::size_t>(std::max(mark.pos, 0));
    if (pos < text_.size() && text_.substr(pos).starts_with("---"))
      refuse(mark, "a second document; write one document without '---' per file");
    refuse(mark, "text after the end of the document; check brackets, quotes and indentation");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_properties(mark, "?", anchor);
    if (expects_key()) refuse(mark, "an empty key; write 'key: value'");
    ConfigValue& value = add(mark, ConfigValue::Kind::null);
    if (!open_.empty() && open_.back().value->kind == ConfigValue::Kind::mapping)
      value.position = open_.back().value->entries.back().position;
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark,
           "aliases ('*name') are not supported; write the value out, or quote a text that starts "
           "with '*'");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    check_properties(mark, tag, anchor);
    if (text.find('\0') != std::string::npos) refuse(mark, "a NUL character; remove it");
    if (expects_key()) {
      add_key(mark, text, tag == "?");
      return;
    }
    ConfigValue& value = add(mark, ConfigValue::Kind::scalar);
    value.text = text;
    value.quoted = tag != "?";
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, ConfigValue::Kind::sequence);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, ConfigValue::Kind::mapping);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    ConfigValue* value;  // stable: its siblings are only added after it is closed
    std::set<std::string> keys;
    bool key_is_next = true;
  };

  // yaml-cpp gives "?" for a plain value and "!" for a quoted one; everything else was written as a
  // tag.
  static void check_properties(const YAML::Mark& mark, const std::string& tag,
                               YAML::anchor_t anchor) {
    if (anchor != 0)
      refuse(
          mark,
          "anchors ('&name') are not supported; remove it, or quote a text that starts with '&'");
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark, "the tag " + in_quotes(tag) +
                       " is not supported; remove it, or quote a text that starts with '!'");
  }

  bool expects_key() const {
    return !open_.empty() && open_.back().value->kind == ConfigValue::Kind::mapping &&
           open_.back().key_is_next;
  }

  void count(const YAML::Mark& mark) {
    if (++values_ > limits_.values_max)
      refuse(mark, "more than " + std::to_string(limits_.values_max) +
                       " values, the limit of a configuration file; split or shorten it");
  }

  void add_key(const YAML::Mark& mark, const std::string& key, bool plain) {
    count(mark);
    if (plain && key == "<<")
      refuse(mark, "merge keys ('<<') are not supported; write the shared keys out in each place");
    Open& map = open_.back();
    if (!map.keys.insert(key).second)
      refuse(mark, "duplicate key " + in_quotes(key) + "; remove one of the two");
    map.value->entries.push_back({.key = key, .position = position_of(mark, text_), .value = {}});
    map.key_is_next = false;
  }

  ConfigValue& add(const YAML::Mark& mark, ConfigValue::Kind kind) {
    count(mark);
    ConfigValue& value = slot();
    value.kind = kind;
    value.position = position_of(mark, text_);
    return value;
  }

  ConfigValue& slot() {
    if (open_.empty()) return root_;
    Open& parent = open_.back();
    if (parent.value->kind == ConfigValue::Kind::sequence)
      return parent.value->items.emplace_back();
    parent.key_is_next = true;
    return parent.value->entries.back().value;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            ConfigValue::Kind kind) {
    check_properties(mark, tag, anchor);
    if (expects_key()) refuse(mark, "a key must be a plain text, not a list or a mapping");
    if (static_cast<int>(open_.size()) == limits_.depth_max)
      refuse(mark, "nested more than " + std::to_string(limits_.depth_max) +
                       " levels deep, the limit of a configuration file");
    open_.push_back({.value = &add(mark, kind), .keys = {}});
  }

  std::string_view text_;
  const ConfigLimits& limits_;
  ConfigValue root_;
  std::vector<Open> open_;
  int values_ = 0;
  int documents_ = 0;
};

// yaml-cpp's own messages are terse; these say what to do.
std::string explain(const std::string& message) {
  constexpr std::array<std::array<std::string_view, 2>, 6> kAdvice = {{
      {"illegal map value",
       "a mapping cannot start here; check the indentation, and quote a value that contains ': '"},
      {"unknown token", "a value cannot start with this character; put it in quotes"},
      {"end of map not found",
       "text after the end of a value; check its quotes and the indentation"},
      {"end of sequence not found", "text where a list item should start; check the indentation"},
      {"end of sequence flow not found", "a '[' is never closed, or a ',' is missing"},
      {"end of map flow not found", "a '{' is never closed, or a ',' is missing"},
  }};
  for (const auto& [theirs, ours] : kAdvice)
    if (message == theirs) return std::string(ours);
  return "not valid YAML: " + printable(message);
}

// A tab in the indentation gives many different errors; the tab is the cause of all of them.
std::optional<ConfigPosition> tab_in_indentation(std::string_view text, const YAML::Mark& mark) {
  if (mark.is_null() || mark.pos < 0) return std::nullopt;
  const std::size_t pos = std::min(static_cast<std::size_t>(mark.pos), text.size());
  const std::size_t newline = pos == 0 ? std::string_view::npos : text.rfind('\n', pos - 1);
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t first_other = text.find_first_not_of(' ', start);
  if (first_other == std::string_view::npos || text[first_other] != '\t') return std::nullopt;
  return ConfigPosition{.line = mark.line + 1, .column = static_cast<int>(first_other - start) + 1};
}

// The position of the first byte that is no printable UTF-8 text, and what is wrong there.
std::optional<std::pair<ConfigPosition, std::string>> find_bad_character(std::string_view text) {
  ConfigPosition at;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0) return {{at, "not valid UTF-8; save the file as UTF-8"}};
    if (first == 0) return {{at, "a NUL byte; this is not a text file"}};
    const bool newline = first == '\n' || text.starts_with("\r\n");
    const bool c1_control = first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if ((first < 0x20 && first != '\t' && !newline) || first == 0x7F || c1_control)
      return {
          {at, "a control character; write it as an escape such as \"\\x1b\" in double quotes"}};
    text.remove_prefix(length);
    at = first == '\n' ? ConfigPosition{.line = at.line + 1, .column = 1}
                       : ConfigPosition{.line = at.line, .column = at.column + 1};
  }
  return std::nullopt;
}

}  // namespace

Error config_error(const std::string& file_name, ConfigPosition position, const std::string& what) {
  return {Errc::config, printable(file_name) + ":" + std::to_string(position.line) + ":" +
                            std::to_string(position.column) + ": " + what};
}

Result<ConfigValue> parse_config(std::string_view text, const std::string& file_name,
                                 const ConfigLimits& limits) {
  if (text.size() > limits.bytes_max)
    return config_error(file_name, {},
                        "the file has " + format_bytes(text.size()) +
                            "; the limit of a configuration file is " +
                            format_bytes(limits.bytes_max));
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const auto bad = find_bad_character(text))
    return config_error(file_name, bad->first, bad->second);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(text, limits);
    while (parser.HandleNextDocument(builder)) continue;
    return builder.take();
  } catch (const Refusal& refusal) {
    return config_error(file_name, position_of(refusal.mark, text), refusal.msg);
  } catch (const YAML::Exception& exception) {
    if (const auto tab = tab_in_indentation(text, exception.mark))
      return config_error(file_name, *tab,
                          "a tab in the indentation; YAML indents with blanks only");
    return config_error(file_name, position_of(exception.mark, text), explain(exception.msg));
  } catch (const std::exception& exception) {
    return config_error(file_name, {}, "cannot be read: " + printable(exception.what()));
  }
}

}  // namespace melisai
