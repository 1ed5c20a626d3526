// Wire: a connection to a client as bytes, with TLS or without. Used on the loop's thread; a call
// that takes a Done returns before it is called, begin() of a plain wire excepted.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "core/base/result.h"
#include "core/http/server.h"

namespace melisai::http {

class Wire {
 public:
  /// Is the connection still good, and how many bytes were moved? Also called after close().
  using Done = std::function<void(bool good, std::size_t size)>;

  virtual ~Wire() = default;
  virtual void begin(Done done) = 0;  ///< TLS: the handshake
  /// At least one byte. `data` lives until `done`; one at a time, beside a write.
  virtual void read_some(char* data, std::size_t size, Done done) = 0;
  /// All of both, which live until `done`.
  virtual void write(std::string_view first, std::string_view second, Done done) = 0;
  virtual void finish(Done done) = 0;  ///< tells the client that nothing comes any more
  virtual void close() = 0;            ///< at once, also in the middle of anything
};

std::unique_ptr<Wire> make_plain_wire(boost::asio::ip::tcp::socket socket);

/// Makes the wire of every connection.
using WireMaker = std::function<std::unique_ptr<Wire>(boost::asio::ip::tcp::socket)>;

/// Reads the files now. TLS 1.2 and later. Errors: config, with the file.
Result<WireMaker> make_tls_wires(const TlsFiles& files);

}  // namespace melisai::http
