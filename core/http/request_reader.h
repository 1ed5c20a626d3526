// RequestReader: bytes of a stranger to one Request, or why not. Strict: whatever two readers of
// HTTP could understand in two ways is refused. Knows no socket. Owner of Boost.Beast.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/units.h"
#include "core/http/http.h"

namespace melisai::http {

struct ReaderLimits {
  Bytes head_max = 16 << 10;
  int headers_max = 100;
  Bytes body_max = 1 << 20;
};

struct Refusal {
  int status = 400;
  std::string detail;
};

class RequestReader {
 public:
  enum class State { head, body, whole, refused };  ///< what is being read, or how it ended

  explicit RequestReader(const ReaderLimits& limits);
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  /// Takes what it can from the front of `input`, to which the caller appends what comes; the rest
  /// stays, at the end the beginning of the next request. To be called with more until whole or
  /// refused, then never again.
  State read(std::string& input);

  const Refusal& refusal() const { return refusal_; }
  Request take();  ///< once, when whole; all but its peer

  bool wants_continue() const { return wants_continue_; }  ///< from State::body on, as the rest
  bool keep_alive() const { return keep_alive_; }
  bool is_http_1_0() const { return http_1_0_; }
  bool is_head_method() const { return head_method_; }  ///< the request says GET
  Bytes body_bytes() const;                             ///< room that the body takes so far

 private:
  struct Parser;

  State refuse(int status, std::string detail);
  bool scan_head(std::string& input);
  State read_head(std::string& input);
  State read_body(std::string& input);
  std::optional<Refusal> check_head();
  std::optional<Refusal> check_framing() const;

  ReaderLimits limits_;
  std::size_t scanned_ = 0;
  std::size_t head_size_ = 0;  // with its empty line; 0 while it is not there
  bool blank_line_skipped_ = false;
  bool wants_continue_ = false;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  bool head_method_ = false;
  State state_ = State::head;
  Refusal refusal_;
  Request request_;
  std::unique_ptr<Parser> parser_;  // not there before the head is: slow clients are many
};

}  // namespace melisai::http
