#include "core/trigger/webhook_payload.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/text.h"
#include "core/trigger/ref_names.h"

namespace melisai::trigger {
namespace {

using Json = nlohmann::json;

// The deepest official example of GitHub has 7 levels and 562 values.
constexpr int kDepthMax = 64;
constexpr std::size_t kValuesMax = 200'000;
constexpr std::size_t kNameBytesMax = 1000;
constexpr std::size_t kListMax = 1000;
constexpr std::int64_t kNumberMax = std::int64_t{1} << 53;  // what every JSON reader can hold
constexpr std::size_t kShortShaDigits = 40;
constexpr std::size_t kLongShaDigits = 64;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_sha(std::string_view text) {
  return (text.size() == kShortShaDigits || text.size() == kLongShaDigits) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Two or four digits from the front of `text`, then `after`.
std::optional<int> take_number(std::string_view& text, std::size_t digits, std::string_view after) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits || number < 0) return std::nullopt;
  text.remove_prefix(digits);
  if (after.empty()) return number;
  if (text.empty() || after.find(text.front()) == std::string_view::npos) return std::nullopt;
  text.remove_prefix(1);
  return number;
}

/// "Z", "+01:00", " UTC", " +0100".
std::optional<std::chrono::minutes> take_offset(std::string_view text) {
  if (text == "Z" || text == " UTC") return std::chrono::minutes(0);
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, "");
  if (text.starts_with(':')) text.remove_prefix(1);
  const auto minutes = take_number(text, 2, "");
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  return std::chrono::minutes(sign * (60 * *hours + *minutes));
}

std::optional<WallTime> parse_time(std::string_view text) {
  namespace chrono = std::chrono;
  const auto year_number = take_number(text, 4, "-");
  const auto month_number = take_number(text, 2, "-");
  const auto day_number = take_number(text, 2, "T ");
  const auto hour = take_number(text, 2, ":");
  const auto minute = take_number(text, 2, ":");
  const auto second = take_number(text, 2, "");
  if (!year_number || !month_number || !day_number || !hour || !minute || !second)
    return std::nullopt;
  if (text.starts_with('.'))
    text.remove_prefix(std::min(text.find_first_not_of("0123456789", 1), text.size()));
  const auto offset = take_offset(text);
  const chrono::year_month_day date{chrono::year{*year_number},
                                    chrono::month{static_cast<unsigned>(*month_number)},
                                    chrono::day{static_cast<unsigned>(*day_number)}};
  if (!offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return WallTime(chrono::sys_days{date}) + chrono::hours{*hour} + chrono::minutes{*minute} +
         chrono::seconds{*second} - *offset;
}

/// Told by the parser before anything is kept, so that what passes a limit takes no memory.
class Watch {
 public:
  bool keep(int depth) {
    if (depth > kDepthMax) problem_ = "the payload is nested deeper than 64 levels";
    if (++values_ > kValuesMax) problem_ = "the payload holds more than 200,000 values";
    return problem_.empty();
  }
  const std::string& problem() const { return problem_; }

 private:
  std::size_t values_ = 0;
  std::string problem_;
};

}  // namespace

Payload::Payload(std::unique_ptr<Json> json) : json_(std::move(json)) {}
Payload::Payload(Payload&&) noexcept = default;
Payload::~Payload() = default;

Result<Payload> Payload::parse(std::string_view json) {
  Watch watch;
  const auto keep = [&](int depth, Json::parse_event_t, Json&) { return watch.keep(depth); };
  auto parsed = std::make_unique<Json>(Json::parse(json, keep, false));
  if (!watch.problem().empty()) return Error{Errc::limit, watch.problem()};
  if (!parsed->is_object()) return Error{Errc::parse, "the payload is no JSON object"};
  return Payload(std::move(parsed));
}

const Json* Payload::find(std::string_view path) const {
  const Json* here = json_.get();
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (!here->is_object()) return nullptr;
    const auto found = here->find(path.substr(0, dot));
    if (found == here->end()) return nullptr;
    here = &*found;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return here->is_null() ? nullptr : here;
}

const Json* Payload::needed(std::string_view path) {
  const Json* found = problem_.empty() ? find(path) : nullptr;
  if (found == nullptr) fail(path, "missing");
  return found;
}

void Payload::fail(std::string_view path, const std::string& what) {
  if (problem_.empty()) problem_ = std::string(path) + ": " + what;
}

bool Payload::has(std::string_view path) const { return find(path) != nullptr; }

std::string Payload::name(std::string_view path) {
  const Json* const found = needed(path);
  if (found == nullptr) return "";
  if (found->is_string() && is_name(found->get_ref<const std::string&>()))
    return found->get<std::string>();
  fail(path, "expected a text of 1 to 1,000 bytes without control characters");
  return "";
}

std::string Payload::name_if_any(std::string_view path) {
  const Json* const found = find(path);
  const bool any = found != nullptr && (!found->is_string() || *found != "");
  return any ? name(path) : "";
}

std::string Payload::text_if_any(std::string_view path) {
  const Json* const found = find(path);
  if (found == nullptr || !problem_.empty()) return "";
  if (found->is_string()) return found->get<std::string>();
  fail(path, "expected a text");
  return "";
}

bool Payload::flag_if_any(std::string_view path) {
  const Json* const found = find(path);
  if (found == nullptr) return false;
  if (!found->is_boolean()) fail(path, "expected true or false");
  return found->is_boolean() && found->get<bool>();
}

std::int64_t Payload::number(std::string_view path) {
  const Json* const found = needed(path);
  if (found == nullptr) return 0;
  // Of a number beyond 2^63 get() would give a negative one, which is refused as well.
  const std::int64_t value = found->is_number_integer() ? found->get<std::int64_t>() : 0;
  if (value >= 1 && value <= kNumberMax) return value;
  fail(path, "expected a number from 1");
  return 0;
}

std::string Payload::sha(std::string_view path) {
  std::string text = name(path);
  if (!problem_.empty()) return "";
  if (!is_sha(text)) {
    fail(path, "expected a commit of 40 or 64 lower-case hex digits, found " + in_quotes(text));
    return "";
  }
  return text.find_first_not_of('0') == std::string::npos ? "" : text;
}

std::string Payload::sha_if_any(std::string_view path) {
  return name_if_any(path).empty() ? "" : sha(path);
}

std::string Payload::branch(std::string_view path) {
  std::string text = name(path);
  if (problem_.empty() && !is_valid_ref(std::string(kBranchPrefix) + text))
    fail(path, in_quotes(text) + " cannot be the name of a branch");
  return text;
}

std::vector<std::string> Payload::names(std::string_view path, std::string_view member) {
  const Json* const found = find(path);
  if (found == nullptr || !problem_.empty()) return {};
  std::vector<std::string> names;
  const bool fits = found->is_array() && found->size() <= kListMax;
  for (std::size_t i = 0; fits && i < found->size(); ++i) {
    const Json& element = (*found)[i];
    const auto text = element.is_object() ? element.find(member) : element.end();
    if (!element.is_object() || text == element.end() || !text->is_string() ||
        !is_name(text->get_ref<const std::string&>()))
      break;
    names.push_back(text->get<std::string>());
  }
  if (!fits || names.size() != found->size())
    fail(path, "expected at most 1,000 objects with a " + in_quotes(member));
  return names;
}

std::optional<WallTime> Payload::time_if_any(std::string_view path) const {
  const Json* const found = find(path);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return parse_time(found->get_ref<const std::string&>());
}

WebhookUser Payload::user(std::string_view path, std::string_view login_member) {
  if (!has(path)) return {};
  const std::string prefix = std::string(path) + ".";
  return {.id = has(prefix + "id") ? number(prefix + "id") : 0,
          .login = name_if_any(prefix + std::string(login_member))};
}

}  // namespace melisai::trigger
