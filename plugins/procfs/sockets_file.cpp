#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

#include "plugins/common/proc.h"
#include "plugins/procfs/socket_tally.h"

namespace melisai::plugins::procfs {
namespace {

// A line of the kernel has 150 or 180 bytes; a longer one is nobody's socket.
constexpr std::size_t kLineBytesMax = 1024;
constexpr std::int64_t kLineBytesUsual = 256;

std::optional<std::uint32_t> hex(std::string_view word) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(word.begin(), word.end(), number, 16);
  if (word.empty() || error != std::errc() || end != word.end()) return std::nullopt;
  return number;
}

// "sl local_address rem_address st tx_queue:rx_queue ..."; false: enough have been counted.
bool tally_line(std::string_view line, std::int64_t sockets_max, SocketTally& tally) {
  const auto fields = words(line);
  if (fields.size() < 5 || !fields[0].ends_with(':')) return true;
  const auto state = hex(fields[3]);
  const std::size_t colon = fields[4].find(':');
  if (!state || colon == std::string_view::npos) return true;
  const auto recv_q = hex(fields[4].substr(colon + 1));
  if (!recv_q) return true;
  if (*state == TCP_LISTEN) tally.knows_backlogs = false;
  return tally.count(static_cast<int>(*state), *recv_q, sockets_max);
}

// Takes the complete lines off `text`; what is left of it is the start of the next one.
bool tally_lines(std::string& text, std::int64_t sockets_max, SocketTally& tally) {
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    if (!tally_line(std::string_view(text).substr(begin, end - begin), sockets_max, tally))
      return false;
    begin = end + 1;
  }
  text.erase(0, begin);
  if (text.size() > kLineBytesMax) text.clear();
  return true;
}

}  // namespace

std::string tally_by_file(int family, const SocketQuery& query, SocketTally& tally) {
  const std::string path = query.proc_root + (family == AF_INET6 ? "/net/tcp6" : "/net/tcp");
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return path + ": " + std::strerror(errno);
  // Hundreds of thousands of lines are possible, so the file is never in memory as a whole.
  std::array<char, 65536> chunk;
  std::string text;
  ssize_t size = 0;
  bool wants_more = true;
  std::int64_t bytes_left = (query.sockets_max + 1) * kLineBytesUsual;
  while (wants_more && bytes_left > 0 && (size = read(fd, chunk.data(), chunk.size())) > 0) {
    bytes_left -= size;
    text.append(chunk.data(), static_cast<std::size_t>(size));
    wants_more = tally_lines(text, query.sockets_max, tally);
  }
  const int error = size < 0 ? errno : 0;
  tally.truncated = tally.truncated || bytes_left <= 0;
  close(fd);
  return error == 0 ? "" : path + ": " + std::strerror(error);
}

}  // namespace melisai::plugins::procfs
