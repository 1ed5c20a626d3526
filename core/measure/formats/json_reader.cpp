#include "core/measure/formats/json_reader.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/measure/formats/json_bytes.h"

namespace melisai::formats {
namespace {

using Json = nlohmann::json;

constexpr int kNumberTooLarge = 406;
constexpr std::string_view kNotJson = "this is not JSON";

/// nlohmann's events, passed on; a handler that returns false ends the reading.
class Events {
 public:
  Events(JsonBytes& bytes, const Limits& limits, JsonHandler& handler)
      : bytes_(bytes), limits_(limits), handler_(handler) {}

  bool null() { return pass(handler_.null()); }
  bool boolean(bool value) { return pass(handler_.boolean(value)); }
  bool number_integer(Json::number_integer_t value) {
    return pass(handler_.number(static_cast<double>(value)));
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    return pass(handler_.number(static_cast<double>(value)));
  }
  bool number_float(Json::number_float_t value, const std::string& text) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (value == 0 && text.ends_with("e-999")) {
      if (text == NonFiniteFilter::kNan) value = std::numeric_limits<double>::quiet_NaN();
      if (text == NonFiniteFilter::kInfinity) value = kInfinity;
      if (text == NonFiniteFilter::kMinusInfinity) value = -kInfinity;
    }
    return pass(handler_.number(value));
  }
  bool string(std::string& text) { return pass(handler_.string(text)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return deeper() && pass(handler_.begin_object()); }
  bool start_array(std::size_t) { return deeper() && pass(handler_.begin_array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) { return pass(handler_.key(name)); }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) {
    const char last = bytes_.last();
    if (const Error* const stopped = bytes_.error())
      error_ = *stopped;
    else if (error.id == kNumberTooLarge)
      error_ = {Errc::parse, bytes_.place() + ": a number is too large"};
    else
      error_ = {Errc::parse, bytes_.place() + ": " + std::string(kNotJson) +
                                 (bytes_.at_end() ? " to its end; is the file cut off?"
                                                  : "; is there text of another tool around it?")};
    is_word_ =
        bytes_.error() == nullptr && error.id != kNumberTooLarge && is_start_of_non_finite(last);
    return false;
  }

  const Error& error() const { return error_; }
  bool is_word() const { return is_word_; }

 private:
  /// Where a reader of "NaN", "nan", "inf", "Infinity" or "-Infinity" gives up.
  static bool is_start_of_non_finite(char last) {
    return std::string_view("NnaAIi").find(last) != std::string_view::npos;
  }

  bool pass(const Result<void>& result) {
    bytes_.token();
    if (result) return true;
    error_ = result.error();
    error_.message = bytes_.place() + ": " + error_.message;
    return false;
  }
  bool deeper() {
    if (depth_++ < limits_.depth_max) return true;
    error_ = {Errc::limit, bytes_.place() + ": nested deeper than " +
                               std::to_string(limits_.depth_max) + " levels"};
    return false;
  }
  bool close() {
    --depth_;
    return pass(handler_.end());
  }

  JsonBytes& bytes_;
  const Limits& limits_;
  JsonHandler& handler_;
  std::size_t depth_ = 0;
  Error error_;
  bool is_word_ = false;
};

}  // namespace

Result<void> read_json(Input& input, const Limits& limits, JsonHandler& handler) {
  using NonFinite = Input::NonFinite;
  JsonBytes bytes(input, limits, input.non_finite == NonFinite::expected);
  Events events(bytes, limits, handler);
  if (Json::sax_parse(JsonIterator{&bytes}, JsonIterator{}, &events)) return {};
  if (events.is_word() && input.non_finite == NonFinite::refused)
    input.non_finite = NonFinite::suspected;
  return events.error();
}

}  // namespace melisai::formats
