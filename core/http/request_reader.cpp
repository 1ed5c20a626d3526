#include "core/http/request_reader.h"

#include <algorithm>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <string_view>
#include <utility>

namespace melisai::http {

namespace beast = boost::beast;

namespace {

// The longest line of a chunk, and all trailers, which Beast wants to see whole.
constexpr std::size_t kChunkLineMax = 8 << 10;

std::string text_of(beast::string_view text) { return {text.data(), text.size()}; }

bool same_text(std::string_view a, std::string_view b) {
  return beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

bool is_printable_ascii(char c) { return c > 0x20 && c < 0x7f; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Beast's own body of a string makes room for all that is announced when the first byte comes:
/// thousands of strangers could have more room made than they fill.
struct GrowingBody {
  using value_type = std::string;

  class reader {  // NOLINT(readability-identifier-naming): the name that Beast asks for
   public:
    template <bool is_request, class Fields>
    reader(beast::http::header<is_request, Fields>&, std::string& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, beast::error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& error) {
      error = {};
      std::size_t size = 0;
      for (const boost::asio::const_buffer part : beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(part.data()), part.size());
        size += part.size();
      }
      return size;
    }
    void finish(beast::error_code& error) { error = {}; }

   private:
    std::string& body_;
  };
};

}  // namespace

struct RequestReader::Parser {
  beast::http::request_parser<GrowingBody> beast;
};

RequestReader::RequestReader(const ReaderLimits& limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;
RequestReader::RequestReader(RequestReader&&) noexcept = default;
RequestReader& RequestReader::operator=(RequestReader&&) noexcept = default;

RequestReader::State RequestReader::read(std::string& input) {
  if (state_ == State::head) read_head(input);
  if (state_ == State::body) read_body(input);
  return state_;
}

Request RequestReader::take() {
  request_.body = std::move(parser_->beast.get().body());
  parser_.reset();
  return std::move(request_);
}

Bytes RequestReader::body_bytes() const {
  if (parser_ == nullptr) return 0;
  const std::string& body = parser_->beast.get().body();
  return body.empty() ? 0 : body.capacity();
}

RequestReader::State RequestReader::refuse(int status, std::string detail) {
  refusal_ = {.status = status, .detail = std::move(detail)};
  parser_.reset();
  return state_ = State::refused;
}

// Each byte is looked at once, before Beast, which unfolds folded headers instead of refusing them
// and says nothing before the head is whole. True when the end was seen.
bool RequestReader::scan_head(std::string& input) {
  if (!blank_line_skipped_ && input.starts_with("\r\n")) {  // RFC 9112, section 2.2
    input.erase(0, 2);
    scanned_ = 0;
    blank_line_skipped_ = true;
  }
  for (; scanned_ < std::min<std::size_t>(input.size(), limits_.head_max); ++scanned_) {
    const char c = input[scanned_];
    const char before = scanned_ == 0 ? '\0' : input[scanned_ - 1];
    if (c == '\n') {
      if (before != '\r' || scanned_ == 1) break;
      if (scanned_ < 3 || input[scanned_ - 2] != '\n') continue;
      head_size_ = scanned_ + 1;
      return true;
    }
    if (before == '\r' || (c != '\r' && is_control(c))) break;
    if (before == '\n' && (c == ' ' || c == '\t')) break;
  }
  if (scanned_ < std::min<std::size_t>(input.size(), limits_.head_max))
    refuse(400, "byte " + std::to_string(scanned_) +
                    " of the head is none that may stand there: a control character, half a line "
                    "end, or a header that goes on in the next line");
  else if (scanned_ >= limits_.head_max)
    refuse(431, "the head is longer than " + format_bytes(limits_.head_max));
  return false;
}

RequestReader::State RequestReader::read_head(std::string& input) {
  if (!scan_head(input)) return state_;
  parser_ = std::make_unique<Parser>();
  auto& parser = parser_->beast;
  parser.header_limit(static_cast<std::uint32_t>(limits_.head_max));
  parser.body_limit(limits_.body_max);
  beast::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(input.data(), head_size_), error);
  if (error == beast::http::error::body_limit)
    return refuse(413, "the body is longer than " + format_bytes(limits_.body_max));
  if (error) return refuse(400, "the head: " + error.message());
  if (used != head_size_) return refuse(400, "the head ends before its empty line");
  input.erase(0, head_size_);
  for (const auto& field : parser.get())
    request_.headers.push_back({text_of(field.name_string()), text_of(field.value())});
  if (const auto refusal = check_head()) return refuse(refusal->status, refusal->detail);
  // All of this is told now: trailers, which Beast adds to the headers, are not believed.
  wants_continue_ =
      !http_1_0_ && !parser.is_done() && same_text(request_.header("Expect"), "100-continue");
  keep_alive_ = parser.keep_alive();
  parser.eager(true);
  return state_ = parser.is_done() ? State::whole : State::body;
}

std::optional<Refusal> RequestReader::check_head() {
  const auto& message = parser_->beast.get();
  if (message.version() != 10 && message.version() != 11)
    return Refusal{400, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  http_1_0_ = message.version() == 10;
  if (request_.headers.size() > static_cast<std::size_t>(limits_.headers_max))
    return Refusal{431, "more than " + std::to_string(limits_.headers_max) + " headers"};
  const int hosts = request_.count("Host");
  if (hosts > 1 || (hosts == 0 && !http_1_0_))
    return Refusal{400, hosts > 1 ? "several Host headers" : "no Host header"};
  request_.method = text_of(message.method_string());
  request_.target = text_of(message.target());
  if (!std::all_of(request_.target.begin(), request_.target.end(), is_printable_ascii))
    return Refusal{400, "the address of the request is not ASCII"};
  auto target = parse_target(request_.target);
  if (!target) return Refusal{400, target.error().message};
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);
  head_method_ = request_.method == "HEAD";
  if (head_method_) request_.method = "GET";
  return check_framing();
}

// Where the body ends is what requests are smuggled by: one answer, or none.
std::optional<Refusal> RequestReader::check_framing() const {
  const int lengths = request_.count("Content-Length");
  const int codings = request_.count("Transfer-Encoding");
  if (lengths > 1) return Refusal{400, "several Content-Length headers"};
  if (codings > 1) return Refusal{400, "several Transfer-Encoding headers"};
  if (lengths + codings > 1) return Refusal{400, "Content-Length together with Transfer-Encoding"};
  const std::string_view length = request_.header("Content-Length");
  if (lengths == 1 && !std::all_of(length.begin(), length.end(), is_digit))
    return Refusal{400, "a Content-Length that is no number"};
  if (codings == 1 && http_1_0_) return Refusal{400, "Transfer-Encoding in HTTP/1.0"};
  if (codings == 1 && !same_text(request_.header("Transfer-Encoding"), "chunked"))
    return Refusal{400, "a Transfer-Encoding other than chunked"};
  return std::nullopt;
}

RequestReader::State RequestReader::read_body(std::string& input) {
  auto& parser = parser_->beast;
  std::size_t taken = 0;
  beast::error_code error;
  while (!parser.is_done() && !error && taken < input.size()) {
    const std::size_t used =
        parser.put(boost::asio::buffer(input.data() + taken, input.size() - taken), error);
    taken += used;
    if (used == 0) break;
  }
  input.erase(0, taken);
  if (error == beast::http::error::body_limit)
    return refuse(413, "the body is longer than " + format_bytes(limits_.body_max));
  if (error && error != beast::http::error::need_more)
    return refuse(400, "the body: " + error.message());
  if (parser.is_done()) return state_ = State::whole;
  if (input.size() > kChunkLineMax)
    return refuse(400, "a line of a chunk, or what follows the last one, is too long");
  return state_;
}

}  // namespace melisai::http
