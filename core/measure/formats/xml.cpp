#include "core/measure/formats/xml.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/units.h"

namespace melisai::formats {
namespace {

struct ParserDeleter {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, ParserDeleter>;

/// Small enough for expat's int, however the input cuts its chunks.
constexpr std::size_t kPieceMax = 1 << 20;

void drop_blanks_at_end(std::string& text) { text.resize(text.find_last_not_of(" \t\r\n") + 1); }

class Reader {
 public:
  Reader(Input& input, const Limits& limits, XmlHandler& handler)
      : input_(input), limits_(limits), handler_(handler), parser_(XML_ParserCreate("UTF-8")) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), begin, end);
    XML_SetCharacterDataHandler(parser_.get(), text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), doctype);
  }

  Result<void> read() {
    while (true) {
      MELISAI_TRY(const std::string_view bytes, input_.next());
      for (std::size_t at = 0; at == 0 || at < bytes.size(); at += kPieceMax) {
        const std::string_view piece = bytes.substr(at, kPieceMax);
        const auto status = XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()),
                                      bytes.empty() ? XML_TRUE : XML_FALSE);
        if (status != XML_STATUS_OK) return error();
        read_ += piece.size();
        MELISAI_CHECK(check_unfinished());
      }
      if (bytes.empty()) return {};
    }
  }

 private:
  static Reader& self(void* data) { return *static_cast<Reader*>(data); }
  static void begin(void* data, const XML_Char* name, const XML_Char** pairs) {
    self(data).on_begin(name, pairs);
  }
  static void end(void* data, const XML_Char* name) { self(data).on_end(name); }
  static void text(void* data, const XML_Char* bytes, int size) {
    self(data).on_text({bytes, static_cast<std::size_t>(size)});
  }
  static void doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    self(data).stop({Errc::parse, "a document type is declared, which is not read"});
  }

  void on_begin(const XML_Char* name, const XML_Char** pairs) {
    if (error_) return;
    if (has_long_text_) return stop(too_long());
    if (texts_.size() == limits_.depth_max)
      return stop(
          {Errc::limit, "nested deeper than " + std::to_string(limits_.depth_max) + " levels"});
    XmlAttributes attributes;
    std::size_t size = 0;
    for (; *pairs != nullptr; pairs += 2) {
      const auto added = attributes.emplace(pairs[0], pairs[1]).first;
      size += added->first.size() + added->second.size();
    }
    if (size > limits_.string_bytes_max) return stop(too_long());
    // What separates elements is no text, however many there are.
    if (!texts_.empty()) drop_blanks_at_end(texts_.back());
    texts_.emplace_back();
    check(handler_.begin(name, attributes));
  }
  void on_end(const XML_Char* name) {
    if (error_) return;
    if (has_long_text_) return stop(too_long());
    const std::string text = std::move(texts_.back());
    texts_.pop_back();
    check(handler_.end(name, text));
  }
  void on_text(std::string_view bytes) {
    if (error_ || texts_.empty()) return;
    // Expat cuts texts where the input does: reported when the text ends, the place is always the
    // same.
    has_long_text_ =
        has_long_text_ || texts_.back().size() + bytes.size() > limits_.string_bytes_max;
    if (!has_long_text_) texts_.back() += bytes;
  }

  /// Expat keeps a tag or a comment until it ends, and tries again from its start: twice the limit,
  /// because it may wait for twice as much before it does.
  Result<void> check_unfinished() const {
    const XML_Index done = XML_GetCurrentByteIndex(parser_.get());
    const std::size_t kept = read_ - (done < 0 ? 0 : static_cast<std::size_t>(done));
    if (kept <= 2 * limits_.string_bytes_max + kPieceMax) return {};
    Error error = too_long();
    error.message = place() + ": " + error.message;
    return error;
  }

  Error too_long() const {
    return {Errc::limit, "a text is longer than " + format_bytes(limits_.string_bytes_max)};
  }
  void check(const Result<void>& result) {
    if (!result) stop(result.error());
  }
  void stop(Error error) {
    if (error_) return;
    error_ = std::move(error);
    error_->message = place() + ": " + error_->message;
    XML_StopParser(parser_.get(), XML_FALSE);
  }
  std::string place() const {
    return input_.source() + ":" + std::to_string(XML_GetCurrentLineNumber(parser_.get())) + ":" +
           std::to_string(XML_GetCurrentColumnNumber(parser_.get()) + 1);
  }
  Error error() const {
    if (error_) return *error_;
    return {Errc::parse,
            place() + ": this is not XML: " + XML_ErrorString(XML_GetErrorCode(parser_.get()))};
  }

  Input& input_;
  const Limits& limits_;
  XmlHandler& handler_;
  Parser parser_;
  std::vector<std::string> texts_;  ///< of the elements that are open
  bool has_long_text_ = false;
  std::size_t read_ = 0;  ///< bytes
  std::optional<Error> error_;
};

}  // namespace

Result<void> read_xml(Input& input, const Limits& limits, XmlHandler& handler) {
  return Reader(input, limits, handler).read();
}

}  // namespace melisai::formats
