// Server: speaks HTTP/1.1 to strangers, with or without TLS, on the caller's loop and its thread.
// Whatever it waits for has a deadline and whatever it keeps has a limit, so that thousands of slow
// or hostile clients cost the others nothing. What is asked is the Handler's business.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/http/http.h"

namespace boost::asio {
class io_context;
}

namespace melisai::http {

/// PEM: the server's certificate with those between it and its root, and its key.
struct TlsFiles {
  std::string certificate;
  std::string key;
};

/// While `slow` says so, a stream is asked for more at most so often.
struct Pace {
  std::function<bool()> slow{};
  Milliseconds every{10'000};
};

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6, no name
  std::uint16_t port = 0;             ///< 0: any that is free
  std::optional<TlsFiles> tls{};

  int connections_max = 8192;      ///< fewer where the process may not open so many descriptors
  int descriptors_reserved = 256;  ///< never used for connections: files, databases, processes
  int requests_per_connection_max = 1000;
  int streams_max = 1024;

  Bytes head_max = 16 << 10;
  int headers_max = 100;
  Bytes body_max = 1 << 20;
  Bytes bodies_max = 64 << 20;  ///< room of all bodies that are not there whole

  Milliseconds handshake_timeout{10'000};
  Milliseconds request_timeout{10'000};  ///< head and body together, however they drip in
  Milliseconds idle_timeout{60'000};     ///< until the next request on the same connection
  Milliseconds answer_timeout{90'000};   ///< until the handler has responded
  Milliseconds write_timeout{30'000};    ///< an answer, or one piece of a stream
  Milliseconds linger_timeout{2'000};    ///< until the client has hung up as well
  Milliseconds accept_pause{100};        ///< after no connection could be accepted
  Milliseconds stream_keep_alive{15'000};

  Pace pace{};
  const Clock* clock = nullptr;  ///< for the Date of answers; none without
};

struct ServerCounters {
  int connections = 0;  ///< now
  int streams = 0;      ///< now
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< hung up on at once: all others were busy
  std::uint64_t evicted = 0;  ///< gave way to a newer one: too slow to ask, or to take their answer
  std::uint64_t accept_errors = 0;  ///< no descriptors or memory
  std::uint64_t requests = 0;       ///< given to the handler
  std::uint64_t bad_requests = 0;   ///< answered without it
  std::uint64_t timeouts = 0;       ///< too slow to ask, or to take their answer
  std::uint64_t unanswered = 0;     ///< the handler did not respond in time
};

class Server {
 public:
  /// Accepts from now on. `loop` and what `options` points to outlive the server. Errors: config
  /// (an address that is none; TLS files, named); io, with address and port; limit (descriptors).
  static Result<std::unique_ptr<Server>> listen(boost::asio::io_context& loop,
                                                ServerOptions options, Handler handler);
  std::uint16_t port() const;
  ServerCounters counters() const;
  /// Reads the TLS files again, for connections from now on; those that are open go on. Errors:
  /// config, naming the file; what was read before goes on then. Without TLS nothing happens.
  Result<void> renew_tls();

  struct Body;
  explicit Server(std::shared_ptr<Body> body);  ///< what listen() calls
  /// Closes every connection and ends every stream; the handler is not called any more. A Respond
  /// that somebody still has does nothing.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  std::shared_ptr<Body> body_;  // shared with what the loop still has to finish
};

/// Raises this process's soft limit of open descriptors to `wanted`, at most to the hard limit, and
/// never lowers it. Processes that are started later inherit it. Returns what holds now.
Result<std::uint64_t> raise_descriptor_limit(std::uint64_t wanted);

}  // namespace melisai::http
