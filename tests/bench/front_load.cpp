// The load of front_load.py, in a program that costs little: connections that drip a head, one byte
// a second, and come back when they are hung up on; and streams of events that are read.
//
//   front_load PORT TOKEN SLOW STREAMS SECONDS     prints one line of JSON
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kTicks = 100;  // a second
constexpr std::string_view kEvent = "\nevent: ";

struct Connection {
  int fd = -1;
  bool is_stream = false;
  bool connected = false;
  std::size_t matched = 0;  ///< bytes of kEvent that were seen last
};

struct Totals {
  long slow_opened = 0, slow_closed = 0, streams_opened = 0, streams_lost = 0, events = 0;
};

int number(const char* text) {
  int value = -1;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

class Load {
 public:
  Load(int port, std::string_view token, int slow, int streams)
      : port_(port),
        stream_head_("GET /api/v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                     std::string(token) + "\r\n\r\n"),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        connections_(static_cast<std::size_t>(slow + streams)) {
    for (std::size_t i = 0; i < connections_.size(); ++i)
      connections_[i].is_stream = i < static_cast<std::size_t>(streams);
  }

  void run(int seconds) {
    const auto begin = Clock::now();
    for (int tick = 0; tick < seconds * kTicks; ++tick) {
      const auto due = begin + std::chrono::milliseconds(1000 / kTicks) * tick;
      // Each connection has its turn once a second.
      for (std::size_t i = static_cast<std::size_t>(tick % kTicks); i < connections_.size();
           i += kTicks)
        take_turn(connections_[i], i);
      do read_what_came(due);
      while (Clock::now() < due);
    }
  }
  const Totals& totals() const { return totals_; }

 private:
  void take_turn(Connection& connection, std::size_t index) {
    if (connection.fd < 0) return open(connection, index);
    if (connection.connected && !connection.is_stream) send_text(connection, "x");
  }
  void open(Connection& connection, std::size_t index) {
    connection = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                  .is_stream = connection.is_stream};
    if (connection.fd < 0) return;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    epoll_event wanted{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = index}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &wanted);
  }
  void send_text(Connection& connection, std::string_view text) {
    if (send(connection.fd, text.data(), text.size(), MSG_NOSIGNAL) < 0 && errno != EAGAIN)
      lose(connection);
  }
  void lose(Connection& connection) {
    close(connection.fd);
    if (connection.connected) ++(connection.is_stream ? totals_.streams_lost : totals_.slow_closed);
    connection.fd = -1;
  }
  void greet(Connection& connection) {
    connection.connected = true;
    ++(connection.is_stream ? totals_.streams_opened : totals_.slow_opened);
    send_text(connection, connection.is_stream ? std::string_view(stream_head_)
                                               : "GET /slow HTTP/1.1\r\nHost: a\r\nX: ");
  }
  void read_what_came(Clock::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    std::array<epoll_event, 512> ready;
    const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()),
                                 left > 0 ? static_cast<int>(left) : 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<std::size_t>(i)];
      Connection& connection = connections_[event.data.u64];
      if (connection.fd < 0) continue;
      if (!connection.connected && (event.events & EPOLLOUT) && !(event.events & EPOLLERR))
        greet(connection);
      if (connection.fd >= 0 && (event.events & (EPOLLIN | EPOLLERR | EPOLLHUP))) read(connection);
    }
  }
  void read(Connection& connection) {
    std::array<char, 16384> buffer;
    for (;;) {
      const ssize_t size = recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return lose(connection);
      if (connection.is_stream) count_events(connection, {buffer.data(), std::size_t(size)});
    }
  }
  void count_events(Connection& connection, std::string_view text) {
    for (const char byte : text) {
      if (byte != kEvent[connection.matched]) connection.matched = 0;
      if (byte == kEvent[connection.matched]) ++connection.matched;
      if (connection.matched < kEvent.size()) continue;
      ++totals_.events;
      connection.matched = 0;
    }
  }

  int port_;
  std::string stream_head_;
  int epoll_;
  std::vector<Connection> connections_;
  Totals totals_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: front_load PORT TOKEN SLOW STREAMS SECONDS\n", stderr);
    return 2;
  }
  const int slow = number(argv[3]), streams = number(argv[4]), seconds = number(argv[5]);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (slow < 0 || streams < 0 || seconds < 0 ||
      files.rlim_cur < static_cast<rlim_t>(slow + streams + 16)) {
    std::fputs("front_load: a number is wrong, or `ulimit -n` is too low\n", stderr);
    return 2;
  }
  Load load(number(argv[1]), argv[2], slow, streams);
  load.run(seconds);
  const Totals& totals = load.totals();
  std::printf(
      "{\"slow_opened\": %ld, \"slow_closed\": %ld, \"streams_opened\": %ld, \"streams_lost\": "
      "%ld, \"events\": %ld}\n",
      totals.slow_opened, totals.slow_closed, totals.streams_opened, totals.streams_lost,
      totals.events);
}
