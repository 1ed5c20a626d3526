// HTTP as values: what a handler gets and gives. Who speaks it on a socket is server.h; nothing
// here knows a daemon or a socket. Used on the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace melisai::http {

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

/// What came whole and within the server's limits. Everything in it is a stranger's.
struct Request {
  std::string method;                        ///< "GET", also for HEAD
  std::string target;                        ///< as sent: "/api/v1/runs?limit=3"
  std::string path;                          ///< decoded once, without the query: "/api/v1/runs"
  std::map<std::string, std::string> query;  ///< decoded; a name that is given twice was refused
  std::vector<Header> headers;               ///< as sent
  std::string body;                          ///< raw bytes
  std::string peer;                          ///< address of the other end, for the log

  /// Value of the header, whatever its case; "" without it. Of several the first.
  std::string_view header(std::string_view name) const;
  int count(std::string_view name) const;  ///< how often the header is there
};

/// An answer without an end: events, a log that still grows. Asked for more whenever the client has
/// taken what it got, so that a slow one costs no memory. Dies when the client goes.
class Stream {
 public:
  virtual ~Stream() = default;
  /// What comes next, at most some 64 KiB; "" when there is nothing yet; nothing at its end.
  virtual std::optional<std::string> next() = 0;
  /// Asked when next() gave nothing: is something missing that should have come? Then the client is
  /// hung up on instead of told the end, so that it does not take a part for the whole.
  virtual bool is_broken() const { return false; }
  /// Called once; from then on `wake` says that next() may have something. On the loop's thread.
  virtual void on_more(std::function<void()> wake) = 0;
  /// Sent when nothing was for a while, so that a dead client is noticed; "" for nothing.
  virtual std::string keep_alive() const { return ""; }
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<Header> headers{};
  std::unique_ptr<Stream> stream{};  ///< instead of a body
};

/// Called once, on the loop's thread, now or later.
using Respond = std::function<void(Response)>;
using Handler = std::function<void(const Request&, Respond)>;

/// The path and the query of a target. Errors: parse, for what is no absolute path, holds a bad
/// escape, NUL, a backslash, "." or ".." as a part (also escaped), or names a parameter twice.
struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};
Result<Target> parse_target(std::string_view target);

/// An error as application/problem+json (RFC 9457); `detail` is for people.
Response problem(int status, std::string_view detail);

/// "Not Found"; "" for a status that this program never sends.
std::string_view reason_of(int status);

}  // namespace melisai::http
