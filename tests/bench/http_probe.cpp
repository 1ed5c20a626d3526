// A small server for front_load.py: /probe answers at once, /events is a stream that tells the time
// five times a second to everybody. Prints its port, and ends with its standard input.
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "core/base/clock.h"
#include "core/http/server.h"

namespace {

namespace asio = boost::asio;
namespace http = melisai::http;

class Ticks {
 public:
  explicit Ticks(asio::io_context& loop) : timer_(loop) {}
  void tick() {
    ++count_;
    for (auto* const listener : listeners_) (*listener)();
    timer_.expires_after(std::chrono::milliseconds(200));
    timer_.async_wait([this](auto error) {
      if (!error) tick();
    });
  }
  int count() const { return count_; }
  std::set<std::function<void()>*>& listeners() { return listeners_; }

 private:
  asio::steady_timer timer_;
  int count_ = 0;
  std::set<std::function<void()>*> listeners_;
};

class TickStream final : public http::Stream {
 public:
  explicit TickStream(Ticks& ticks) : ticks_(ticks), told_(ticks.count()) {}
  ~TickStream() override { ticks_.listeners().erase(&wake_); }
  std::optional<std::string> next() override {
    if (told_ == ticks_.count()) return "";
    told_ = ticks_.count();
    return "event: tick\ndata: " + std::to_string(told_) + "\n\n";
  }
  void on_more(std::function<void()> wake) override {
    wake_ = std::move(wake);
    ticks_.listeners().insert(&wake_);
  }

 private:
  Ticks& ticks_;
  int told_;
  std::function<void()> wake_;
};

}  // namespace

int main() {
  asio::io_context loop{1};
  const melisai::SystemClock clock;
  Ticks ticks(loop);
  if (const auto limit = http::raise_descriptor_limit(16 << 10); !limit || *limit < 8 << 10)
    std::fputs("few descriptors: see ulimit -n\n", stderr);
  auto server = http::Server::listen(
      loop, {.clock = &clock}, [&](const http::Request& request, const http::Respond& respond) {
        if (request.path == "/events")
          return respond(
              {.type = "text/event-stream", .stream = std::make_unique<TickStream>(ticks)});
        respond({.body = "{\"ok\": true}"});
      });
  if (!server) {
    std::fputs((server.error().message + "\n").c_str(), stderr);
    return 4;
  }
  std::printf("%d\n", (*server)->port());
  std::fflush(stdout);
  ticks.tick();
  asio::posix::stream_descriptor input(loop, dup(STDIN_FILENO));
  char byte = 0;
  input.async_read_some(asio::buffer(&byte, 1), [&](auto, auto) { loop.stop(); });
  loop.run();
  const http::ServerCounters counters = (*server)->counters();
  std::printf(
      "{\"accepted\": %lu, \"requests\": %lu, \"timeouts\": %lu, \"evicted\": %lu, "
      "\"refused\": %lu, \"accept_errors\": %lu}\n",
      counters.accepted, counters.requests, counters.timeouts, counters.evicted, counters.refused,
      counters.accept_errors);
}
