#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "core/http/wire_on.h"

namespace melisai::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using Stream = ssl::stream<tcp::socket>;

class TlsWire final : public WireOn<Stream> {
 public:
  TlsWire(tcp::socket socket, std::shared_ptr<ssl::context> context)
      : WireOn(std::move(socket), *context), context_(std::move(context)) {}
  void begin(Done done) override {
    stream_.async_handshake(Stream::server,
                            [done = std::move(done)](const auto& error) { done(!error, 0); });
  }
  void finish(Done done) override {
    stream_.async_shutdown([done = std::move(done)](const auto& error) { done(!error, 0); });
  }

 private:
  std::shared_ptr<ssl::context> context_;  // the server may end before the last of its connections
};

Error tls_error(const std::string& what, const boost::system::error_code& error) {
  return {Errc::config, what + ": " + error.message()};
}

}  // namespace

Result<WireMaker> make_tls_wires(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_compression |
                           ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                           SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE,
                       error);
  if (error) return tls_error("TLS", error);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return tls_error("cannot use the certificate " + files.certificate, error);
  // A key with a passphrase would make OpenSSL ask on the terminal.
  context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; },
                                 error);
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (error)
    return tls_error(
        "cannot use the key " + files.key + " for the certificate " + files.certificate, error);
  return WireMaker([context](tcp::socket socket) -> std::unique_ptr<Wire> {
    return std::make_unique<TlsWire>(std::move(socket), context);
  });
}

}  // namespace melisai::http
