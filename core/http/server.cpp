#include "core/http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <unordered_map>
#include <utility>

#include "core/http/session.h"
#include "core/http/wire.h"

namespace melisai::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr int kBacklog = 4096;  // the kernel takes at most net.core.somaxconn

rlimit descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

Result<int> connections_of(const ServerOptions& options) {
  const rlim_t may_open = descriptor_limit().rlim_cur;
  const auto reserved = static_cast<rlim_t>(options.descriptors_reserved);
  if (may_open <= reserved)
    return Error{Errc::limit, "this process may open " + std::to_string(may_open) + " files, and " +
                                  std::to_string(reserved) +
                                  " are kept for other things than connections; raise the limit "
                                  "(ulimit -n, LimitNOFILE)"};
  return static_cast<int>(
      std::min<rlim_t>(static_cast<rlim_t>(options.connections_max), may_open - reserved));
}

Result<tcp::endpoint> endpoint_of(const ServerOptions& options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return Error{Errc::config, "'" + options.address + "' is no IPv4 or IPv6 address to listen at"};
  return tcp::endpoint(address, options.port);
}

std::string text_of(const tcp::endpoint& place) {
  const std::string address = place.address().to_string();
  return (place.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(place.port());
}

}  // namespace

struct Server::Body : std::enable_shared_from_this<Server::Body> {
  Body(asio::io_context& loop, std::shared_ptr<Common> shared, WireMaker wires, int sessions_most)
      : common(std::move(shared)),
        make_wire(std::move(wires)),
        sessions_max(static_cast<std::size_t>(sessions_most)),
        acceptor(loop),
        pause(loop) {}

  Result<void> open(const tcp::endpoint& place) {
    boost::system::error_code error;
    acceptor.open(place.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(place, error);
    if (!error) acceptor.listen(kBacklog, error);
    if (error) return error_from_errno(error.value(), "cannot listen at " + text_of(place));
    return {};
  }

  void accept() {
    acceptor.async_accept([self = shared_from_this()](auto error, tcp::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (!error) self->admit(std::move(socket));
      if (!error || error == asio::error::connection_aborted) return self->accept();
      ++self->common->counters.accept_errors;
      self->evict();
      // The connection stays in the queue of the kernel: to try again at once would be to spin.
      self->pause.expires_after(self->common->options.accept_pause);
      self->pause.async_wait([self](auto) {
        if (self->acceptor.is_open()) self->accept();
      });
    });
  }

  void admit(tcp::socket socket) {
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error) return;  // gone already
    ++common->counters.accepted;
    if (sessions.size() >= sessions_max && !evict()) {
      ++common->counters.refused;
      return;
    }
    // Without it an answer waits for the client's delayed acknowledgement: 40 ms.
    socket.set_option(tcp::no_delay(true), error);
    const auto session = std::make_shared<Session>(
        common, acceptor.get_executor(), make_wire(std::move(socket)), peer.address().to_string());
    sessions.emplace(session.get(), session);
    common->counters.connections = static_cast<int>(sessions.size());
    session->begin();
  }

  bool evict() {
    if (common->evictable.empty()) return false;
    ++common->counters.evicted;
    common->evictable.front()->close();
    return true;
  }

  void forget(Session& session) {
    sessions.erase(&session);
    common->counters.connections = static_cast<int>(sessions.size());
  }

  std::shared_ptr<Common> common;
  WireMaker make_wire;
  std::size_t sessions_max;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions;
};

Server::Server(std::shared_ptr<Body> body) : body_(std::move(body)) {}

Server::~Server() {
  boost::system::error_code ignored;
  body_->acceptor.close(ignored);
  while (!body_->sessions.empty()) {
    const auto session = body_->sessions.begin()->second;
    session->close();
  }
  body_->common->gone = nullptr;
}

std::uint16_t Server::port() const {
  boost::system::error_code ignored;
  return body_->acceptor.local_endpoint(ignored).port();
}

ServerCounters Server::counters() const { return body_->common->counters; }

Result<void> Server::renew_tls() {
  const std::optional<TlsFiles>& files = body_->common->options.tls;
  if (!files) return {};
  MELISAI_TRY(body_->make_wire, make_tls_wires(*files));
  return {};
}

Result<std::unique_ptr<Server>> Server::listen(asio::io_context& loop, ServerOptions options,
                                               Handler handler) {
  MELISAI_TRY(const tcp::endpoint place, endpoint_of(options));
  MELISAI_TRY(const int sessions_max, connections_of(options));
  WireMaker wires = make_plain_wire;
  if (options.tls) {
    MELISAI_TRY(wires, make_tls_wires(*options.tls));
  }
  auto common = std::make_shared<Common>();
  common->options = std::move(options);
  common->handler = std::move(handler);
  auto body = std::make_shared<Body>(loop, common, std::move(wires), sessions_max);
  common->gone = [body = body.get()](Session& session) { body->forget(session); };
  MELISAI_CHECK(body->open(place));
  body->accept();
  return std::make_unique<Server>(std::move(body));
}

Result<std::uint64_t> raise_descriptor_limit(std::uint64_t wanted) {
  rlimit limit = descriptor_limit();
  if (limit.rlim_cur >= wanted) return std::uint64_t{limit.rlim_cur};
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    return error_from_errno(errno, "cannot raise the limit of open files");
  return std::uint64_t{limit.rlim_cur};
}

}  // namespace melisai::http
