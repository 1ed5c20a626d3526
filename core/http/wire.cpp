#include "core/http/wire.h"

#include "core/http/wire_on.h"

namespace melisai::http {
namespace {

using boost::asio::ip::tcp;

class PlainWire final : public WireOn<tcp::socket> {
 public:
  using WireOn::WireOn;
  void begin(Done done) override { done(true, 0); }
  void finish(Done done) override {
    boost::system::error_code error;
    stream_.shutdown(tcp::socket::shutdown_send, error);
    boost::asio::post(stream_.get_executor(),
                      [done = std::move(done), good = !error] { done(good, 0); });
  }
};

}  // namespace

std::unique_ptr<Wire> make_plain_wire(tcp::socket socket) {
  return std::make_unique<PlainWire>(std::move(socket));
}

}  // namespace melisai::http
